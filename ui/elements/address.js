// The address of a thread is /t/ and its id, below whatever prefix the page is served under.
export default {
  template: `<span hidden></span>`,
  props: { appTitle: String, title: String, beatSeconds: Number },
  emits: ["visit", "beat"],
  mounted() {
    this.onPop = () => this.$emit("visit", location.pathname.match(/\/t\/([^/]+)\/?$/)?.[1] ?? "");
    this.beat = () => document.visibilityState === "visible" && this.$emit("beat");
    window.addEventListener("popstate", this.onPop);
    window.addEventListener("focus", this.beat);
    document.addEventListener("visibilitychange", this.beat);
    this.timer = setInterval(this.beat, this.beatSeconds * 1000);
    this.nameWindow();
  },
  beforeUnmount() {
    window.removeEventListener("popstate", this.onPop);
    window.removeEventListener("focus", this.beat);
    document.removeEventListener("visibilitychange", this.beat);
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
