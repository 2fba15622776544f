// Beside the page there is a column, remembered open or closed (theme.js, before the first paint); where the screen is
// too narrow for both, a drawer, which keeps the focus by making the page behind it inert.
const NARROW = "(max-width: 56rem)";

export default {
  template: `
    <div class="sidebar-place">
      <div class="scrim" @click="close"></div>
      <aside ref="side" class="sidebar" :aria-label="texts.label" @keydown.esc="onEscape" @click="onClick">
        <div class="sidebar-head">
          <button type="button" class="button new-chat" @click="$emit('new')">
            <i class="icon icon-new" aria-hidden="true"></i>{{ texts.new_chat }}</button>
          <button type="button" class="button icon-button sidebar-close" @click="close" :aria-label="texts.close"
            :title="texts.close"><i class="icon icon-sidebar" aria-hidden="true"></i></button>
        </div>
        <slot></slot>
      </aside>
    </div>`,
  props: { texts: Object },
  emits: ["new"],
  mounted() {
    this.narrow = matchMedia(NARROW);
    this.onToggle = () => this.show(!this.isOpen());
    this.onResize = () => this.show(!this.narrow.matches && window.decantSidebar.get() === "open", false);
    window.addEventListener("decant-sidebar-toggle", this.onToggle);
    this.narrow.addEventListener("change", this.onResize);
    this.onResize();
  },
  beforeUnmount() {
    window.removeEventListener("decant-sidebar-toggle", this.onToggle);
    this.narrow.removeEventListener("change", this.onResize);
  },
  methods: {
    isOpen() {
      return document.documentElement.dataset[this.narrow.matches ? "drawer" : "sidebar"] === "open";
    },
    show(isOpen, isKept = true) {
      const root = document.documentElement.dataset;
      root.drawer = this.narrow.matches && isOpen ? "open" : "closed";
      if (!this.narrow.matches) root.sidebar = isOpen ? "open" : "closed";
      if (!this.narrow.matches && isKept) window.decantSidebar.set(root.sidebar);
      document.querySelector(".page").inert = root.drawer === "open";
      window.decantSidebar.isOpen = isOpen;
      window.dispatchEvent(new CustomEvent("decant-sidebar-shown", { detail: isOpen }));
      if (root.drawer === "open") this.$refs.side.querySelector("button").focus();
    },
    close() {
      this.show(false);
      document.querySelector(".sidebar-toggle").focus({ preventScroll: true });
    },
    onEscape(event) {
      if (event.defaultPrevented || !this.narrow.matches) return;
      event.preventDefault();
      this.close();
    },
    onClick(event) {
      if (!this.narrow.matches || !event.target.closest("a[href], .new-chat")) return;
      this.show(false);
      document.querySelector("[role=log]").focus({ preventScroll: true });
    },
  },
};
