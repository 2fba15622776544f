// What the buttons inside a text do: copy code, load a remote image.

/** Act on a click anywhere in the element. */
export function onClick(event) {
  const button = event.target.closest("button");
  if (button?.classList.contains("copy")) copy(button);
  if (button?.classList.contains("image")) loadImage(button);
}

async function copy(button) {
  // A line end at the end would run a command where it is pasted.
  const text = button.closest(".code").querySelector("pre").textContent.replace(/\n$/, "");
  const isCopied = await write(text);
  button.textContent = isCopied ? "Copied" : "Not copied";
  say(button.textContent);
  setTimeout(() => (button.textContent = "Copy"), 2000);
}

// Screen readers hear what changes in here; the button keeps its name.
const spoken = Object.assign(document.createElement("div"), { className: "sr-only", role: "status" });
document.body.append(spoken);

function say(sentence) {
  spoken.textContent = "";
  requestAnimationFrame(() => (spoken.textContent = sentence));
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return writeWithoutClipboard(text);
  }
}

// Without https there is no navigator.clipboard: answer the browser's own copy event.
function writeWithoutClipboard(text) {
  const fill = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    event.clipboardData.setData("text/plain", text);
  };
  document.addEventListener("copy", fill, { capture: true, once: true });
  const isCopied = document.execCommand("copy");
  document.removeEventListener("copy", fill, { capture: true });
  return isCopied;
}

function loadImage(button) {
  const url = URL.parse ? URL.parse(button.dataset.src) : new URL(button.dataset.src);
  if (!["http:", "https:"].includes(url?.protocol)) return;
  const frame = document.createElement("iframe");
  const alt = button.dataset.alt ?? "";
  frame.className = "picture";
  frame.sandbox = "";
  frame.title = alt || url.hostname;
  frame.src = `${window.path_prefix ?? ""}/image?${new URLSearchParams({ page: window.clientId, src: url.href, alt })}`;
  button.replaceWith(frame);
  frame.focus();
}
