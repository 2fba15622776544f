// The browser's half of a growing markdown text: units of HTML, each sanitized on its way into the page.
import { drawDiagram } from "decant-markdown/diagram.js";
import { becomeLike } from "decant-markdown/morph.js";
import { sanitized } from "decant-markdown/sanitizer.js";

export { onClick } from "decant-markdown/clicks.js";

document.head.append(
  Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: new URL("markdown.css", import.meta.url).href,
  }),
);

/** The units inside one element: `{depth, text, nodes, slot}`, in the order of the text. */
export class Units {
  constructor(root) {
    this.root = root;
    this.units = [];
    root.replaceChildren();
  }

  /** Keep the first `keep` units, then set units: index, characters kept, what follows them, index … */
  change(keep, patches) {
    for (const unit of this.units.splice(keep)) unit.nodes.forEach((node) => node.remove());
    for (let at = 0; at < patches.length; at += 3) this.set(...patches.slice(at, at + 3));
  }

  set(index, kept, rest) {
    const old = this.units[index];
    const text = old ? old.text.slice(0, kept) + rest : rest;
    const depth = parseInt(text[0], 16);
    const fragment = sanitized(text.slice(1));
    if (!fragment.firstChild) fragment.append("");
    const nodes = old ? becomeLike(old.nodes, [...fragment.childNodes]) : [...fragment.childNodes];
    if (!old) this.slotAbove(depth).append(fragment);
    const first = nodes.find((node) => node.nodeType === Node.ELEMENT_NODE);
    const slot = first?.querySelector("[data-slot]") ?? first;
    this.units[index] = { depth, text, nodes, slot };
    if (first?.classList.contains("diagram")) drawDiagram(first);
  }

  slotAbove(depth) {
    for (let index = this.units.length - 1; index >= 0 && depth > 0; index--) {
      const unit = this.units[index];
      if (unit.depth < depth && unit.slot) return unit.slot;
    }
    return this.root;
  }
}
