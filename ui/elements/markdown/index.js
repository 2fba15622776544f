// The browser's half of a growing markdown text: units of HTML, each sanitized on its way into the page.
import { drawDiagram } from "decant-markdown/diagram.js";
import { becomeLike } from "decant-markdown/morph.js";
import { watchScrolling } from "decant-markdown/scrolling.js";
import { sanitized } from "decant-markdown/sanitizer.js";

export { onClick } from "decant-markdown/clicks.js";

document.head.append(
  Object.assign(document.createElement("link"), {
    rel: "stylesheet",
    href: new URL("markdown.css", import.meta.url).href,
  }),
);

const SECTION_SIZE = 16;

/** The units inside one element: `{depth, block, text, nodes, slot}`, in the order of the text.

    Blocks stand in sections, so that a browser looks at the last few of them and not at all when one grows. */
export class Units {
  constructor(root, isWhole = false) {
    this.root = root;
    this.isWhole = isWhole;
    this.units = [];
    root.replaceChildren();
  }

  /** Drop units, then set units: place from the end (0 adds one), characters dropped, what follows them, place … */
  change(dropped, patches) {
    // What is out of sight keeps the height it had: nothing may get there that has not been laid out in its turn.
    this.root.classList.toggle("growing", !this.isWhole && patches.length < 3 * SECTION_SIZE);
    const end = this.units.length - dropped;
    for (const unit of this.units.splice(end)) unit.nodes.forEach((node) => node.remove());
    for (let at = 0; at < patches.length; at += 3) {
      const [place, left, rest] = patches.slice(at, at + 3);
      this.set(place ? end - place : this.units.length, left, rest);
    }
    while (this.root.lastChild?.hasChildNodes() === false) this.root.lastChild.remove();
  }

  set(index, dropped, rest) {
    const old = this.units[index];
    if (old && !dropped && continued(old, rest)) return;
    const text = old ? old.text.slice(0, old.text.length - dropped) + rest : rest;
    const depth = parseInt(text[0], 16);
    const block = (this.units[index - 1]?.block ?? -1) + (depth === 0);
    const fragment = sanitized(text.slice(1));
    if (!fragment.firstChild) fragment.append("");
    const nodes = old ? becomeLike(old.nodes, [...fragment.childNodes]) : [...fragment.childNodes];
    if (!old) this.slotAbove(depth, block).append(fragment);
    const first = nodes.find((node) => node.nodeType === Node.ELEMENT_NODE);
    const slot = first?.querySelector("[data-slot]") ?? first;
    this.units[index] = { depth, block, text, nodes, slot };
    if (first?.matches(".code, .table")) watchScrolling(first);
    if (first?.classList.contains("diagram")) drawDiagram(first);
  }

  slotAbove(depth, block) {
    for (let index = this.units.length - 1; index >= 0 && depth > 0; index--) {
      const unit = this.units[index];
      if (unit.depth < depth && unit.slot) return unit.slot;
    }
    return this.section(Math.trunc(block / SECTION_SIZE));
  }

  section(number) {
    while (this.root.childElementCount <= number) {
      this.root.append(Object.assign(document.createElement("div"), { className: "section" }));
    }
    return this.root.children[number];
  }
}

// Text that follows in the element that is open needs neither a parser nor a sanitizer.
function continued(unit, rest) {
  if (/[<&]/.test(rest)) return false;
  let last = unit.nodes.at(-1);
  while (last.lastChild) last = last.lastChild;
  if (last.nodeType !== Node.TEXT_NODE) return false;
  last.appendData(rest);
  unit.text += rest;
  return true;
}
