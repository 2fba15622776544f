// Nodes that grow in place: what is equal stays the same node, so little is laid out again and a selection lives.

/** Make neighbouring nodes look like others, which are used up; return the nodes that are there afterwards. */
export function becomeLike(nodes, fresh) {
  const parent = nodes[0].parentNode;
  const after = nodes.at(-1).nextSibling;
  let count = 0;
  while (count < nodes.length && count < fresh.length && merged(nodes[count], fresh[count])) count++;
  for (const node of nodes.splice(count)) node.remove();
  for (const node of fresh.slice(count)) nodes.push(parent.insertBefore(node, after));
  return nodes;
}

// Nodes are merged from the first on; one that cannot be merged is replaced, and so is all that follows it.
function merged(node, like) {
  if (node.isEqualNode(like)) return true;
  if (node.nodeName !== like.nodeName) return false;
  if (node.nodeType === Node.TEXT_NODE) {
    node.data = like.data;
    return true;
  }
  if (!node.cloneNode(false).isEqualNode(like.cloneNode(false))) return false;
  const inside = [...like.childNodes];
  if (node.firstChild) becomeLike([...node.childNodes], inside);
  else node.append(...inside);
  return true;
}
