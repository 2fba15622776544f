// A finished mermaid block as a drawing, in front of its source; a source that could reach out stays source.
import createDOMPurify from "dompurify";

const purify = createDOMPurify(window);
let count = 0;
let queue = Promise.resolve();

// Addresses, CSS that loads, escapes that hide either, settings inside the source, pictures, actions on click.
const REFUSED = /\/\/|url\s*\(|image-set|@import|\\(?!n)|%%\s*\{|^\s*---|#\d+;|#x|\bimg\s*:|javascript:|^\s*click\s/im;

/** Draw the diagram of this code block, once its lines are in the page. */
export function drawDiagram(block) {
  queueMicrotask(() => {
    const source = block.querySelector("pre").textContent;
    if (!REFUSED.test(source)) queue = queue.then(() => draw(block, source)).catch(() => {});
  });
}

/** Wait until every diagram asked for so far is drawn or given up. */
export async function allDrawn() {
  await Promise.resolve();
  await queue;
}

// The title that the source gives, or what it begins with: which kind of diagram it is.
function nameOf(drawing, source) {
  const title = drawing.querySelector("svg > title")?.textContent.trim() || source.match(/^\s*title:?\s+(.+)$/m)?.[1].trim();
  return `Diagram: ${title || source.trim().split(/\s/)[0]}`;
}

async function draw(block, source) {
  const { mermaid } = await import("nicegui-mermaid");
  const theme = getComputedStyle(block).getPropertyValue("--diagram-theme").trim() || "default";
  mermaid.initialize({
    startOnLoad: false,
    securityLevel: "strict",
    suppressErrorRendering: true,
    theme,
    htmlLabels: false,
    flowchart: { htmlLabels: false },
    maxTextSize: 10000,
    secure: ["secure", "securityLevel", "startOnLoad", "maxTextSize", "htmlLabels", "themeCSS", "themeVariables"],
  });
  const id = `decant-diagram-${++count}`;
  try {
    const { svg } = await mermaid.render(id, source);
    const drawing = document.createElement("div");
    drawing.className = `drawing ${theme}`;
    drawing.setAttribute("role", "img");
    drawing.append(
      purify.sanitize(svg, {
        USE_PROFILES: { svg: true, svgFilters: true },
        ADD_TAGS: ["style"],
        FORBID_TAGS: ["a", "image", "foreignObject", "script", "use", "animate", "set"],
        FORBID_ATTR: ["href", "xlink:href"],
        RETURN_DOM_FRAGMENT: true,
      }),
    );
    drawing.setAttribute("aria-label", nameOf(drawing, source));
    block.querySelector("pre").before(drawing);
    block.classList.add("drawn");
  } finally {
    document.getElementById(`d${id}`)?.remove();
  }
}
