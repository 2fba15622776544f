// The address of a thread is /t/ and its id, below whatever prefix the page is served under.
export default {
  template: `<span hidden></span>`,
  props: { appTitle: String, title: String, lookSeconds: Number },
  emits: ["visit", "look"],
  mounted() {
    this.onPop = () => this.$emit("visit", location.pathname.match(/\/t\/([^/]+)\/?$/)?.[1] ?? "");
    this.look = () => document.visibilityState === "visible" && this.$emit("look");
    window.addEventListener("popstate", this.onPop);
    window.addEventListener("focus", this.look);
    document.addEventListener("visibilitychange", this.look);
    this.timer = setInterval(this.look, this.lookSeconds * 1000);
    this.nameWindow();
  },
  beforeUnmount() {
    window.removeEventListener("popstate", this.onPop);
    window.removeEventListener("focus", this.look);
    document.removeEventListener("visibilitychange", this.look);
    clearInterval(this.timer);
  },
  watch: {
    title() {
      this.nameWindow();
    },
  },
  methods: {
    show(threadId, isReplaced) {
      const path = `${window.path_prefix}/${threadId ? `t/${threadId}` : ""}`;
      if (path !== location.pathname) history[isReplaced ? "replaceState" : "pushState"]({}, "", path);
    },
    nameWindow() {
      document.title = this.title ? `${this.title} · ${this.appTitle}` : this.appTitle;
    },
  },
};
