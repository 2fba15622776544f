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
