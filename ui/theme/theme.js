// Runs in the head of every page, so that no page flashes in the wrong colours.
window.decantTheme = (() => {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const get = () => {
    try {
      const stored = localStorage.getItem("decant.theme");
      return ["light", "dark"].includes(stored) ? stored : "auto";
    } catch {
      return "auto";
    }
  };
  const show = (theme) => {
    const isDark = theme === "auto" ? system.matches : theme === "dark";
    document.documentElement.dataset.theme = isDark ? "dark" : "light";
  };
  const set = (theme) => {
    try {
      localStorage.setItem("decant.theme", theme);
    } catch {}
    show(theme);
  };
  system.addEventListener("change", () => show(get()));
  show(get());
  return { get, set };
})();

// Whether the column of threads is open, before the first paint too.
window.decantSidebar = (() => {
  const get = () => {
    try {
      return localStorage.getItem("decant.sidebar") === "closed" ? "closed" : "open";
    } catch {
      return "open";
    }
  };
  const set = (sidebar) => {
    try {
      localStorage.setItem("decant.sidebar", sidebar);
    } catch {}
  };
  document.documentElement.dataset.sidebar = get();
  return { get, set, isOpen: false };
})();

// Focus stays on the page: where what has it goes, hides or is disabled after something was done, it moves to what stands
// beside it, or to the field where the next message is written.
(() => {
  const FOCUSABLE = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const OUTERMOST = ".main, .footer, .beside, .login, body";
  const WATCHED_MS = 2000;
  let path = [];
  let until = 0;
  const isUsable = (element) =>
    element.isConnected && !element.disabled && element.getClientRects().length > 0 && !element.closest("[inert]");
  const remember = (element) => {
    path = [];
    for (let node = element; node && !node.matches(OUTERMOST); node = node.parentElement) {
      path.push({ node, beside: node.nextElementSibling ?? node.previousElementSibling });
    }
  };
  const within = (element) =>
    element && [...(element.matches(FOCUSABLE) ? [element] : []), ...element.querySelectorAll(FOCUSABLE)].find(isUsable);
  const restore = () => {
    for (const { node, beside } of path) {
      const found = within(isUsable(node) ? node : beside?.isConnected ? beside : null);
      if (found) return found.focus({ preventScroll: true });
    }
    if (matchMedia("(pointer: fine)").matches) document.querySelector(".composer textarea")?.focus({ preventScroll: true });
    path = [];
  };
  const watch = () => {
    const element = document.activeElement;
    if (element && element !== document.body) remember(element);
    else if (path.length && !isUsable(path[0].node)) restore();
    if (performance.now() < until) requestAnimationFrame(watch);
  };
  const start = () => {
    const isWatched = performance.now() < until;
    until = performance.now() + WATCHED_MS;
    if (!isWatched) watch();
  };
  for (const name of ["keydown", "click"]) document.addEventListener(name, start, true);
})();
