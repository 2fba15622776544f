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
