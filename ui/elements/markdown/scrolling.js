// Code and tables that are wider than their place can be reached by keyboard, and then have a name; others are no stops.
const observer = new ResizeObserver((entries) => entries.forEach((entry) => mark(entry.target.parentElement)));

/** Watch what may scroll in a unit's first element. */
export function watchScrolling(element) {
  for (const inside of element.querySelectorAll(":scope > pre > code, :scope > table")) observer.observe(inside);
}

function mark(box) {
  if (!box) return;
  const isScrolling = box.scrollWidth > box.clientWidth;
  if (isScrolling === box.hasAttribute("tabindex")) return;
  const attributes = { tabindex: "0", role: "region", "aria-label": box.matches("pre") ? "Code" : "Table" };
  for (const [name, value] of Object.entries(attributes)) {
    if (isScrolling) box.setAttribute(name, value);
    else box.removeAttribute(name);
  }
}
