// The head of every page (theme.js) has put the stored theme on <html> before this is mounted.
const THEMES = ["auto", "light", "dark"];

export default {
  template: `
    <button type="button" class="button icon-button" @click="next" :aria-label="title" :title="title">
      <i class="icon" :class="'icon-theme-' + theme" aria-hidden="true"></i>
    </button>`,
  props: { label: String, names: Object },
  data: () => ({ theme: window.decantTheme.get() }),
  computed: {
    title() {
      return `${this.label}: ${this.names[this.theme]}`;
    },
  },
  mounted() {
    this.apply();
  },
  methods: {
    next() {
      this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length];
      window.decantTheme.set(this.theme);
      this.apply();
    },
    apply() {
      setDark(this.theme === "auto" ? null : this.theme === "dark");
    },
  },
};
