export default {
  template: `
    <button type="button" class="button icon-button sidebar-toggle" @click="toggle" :aria-label="label" :title="label"
      :aria-expanded="isOpen ? 'true' : 'false'"><i class="icon icon-sidebar" aria-hidden="true"></i></button>`,
  props: { texts: Object },
  data: () => ({ isOpen: false }),
  computed: {
    label() {
      return this.isOpen ? this.texts.close : this.texts.open;
    },
  },
  mounted() {
    this.onShown = (event) => (this.isOpen = event.detail);
    window.addEventListener("decant-sidebar-shown", this.onShown);
    this.isOpen = window.decantSidebar?.isOpen ?? false;
  },
  beforeUnmount() {
    window.removeEventListener("decant-sidebar-shown", this.onShown);
  },
  methods: {
    toggle() {
      window.dispatchEvent(new CustomEvent("decant-sidebar-toggle"));
    },
  },
};
