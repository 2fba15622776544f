// Asks the server for the text inside the click, because browsers only let a click reach the clipboard.
export default {
  template: `
    <button type="button" class="button icon-button" @click="copy" :aria-label="texts[state]" :title="texts[state]">
      <i class="icon" :class="icon" aria-hidden="true"></i>
    </button>`,
  props: { texts: Object },
  emits: ["request"],
  data: () => ({ state: "copy" }),
  computed: {
    icon() {
      return { copy: "icon-copy", copied: "icon-check", failed: "icon-warning" }[this.state];
    },
  },
  methods: {
    async copy() {
      const text = new Promise((resolve) => (this.deliver_text = resolve));
      this.$emit("request");
      try {
        await this.write(text);
        this.show("copied");
      } catch {
        this.show("failed");
      }
    },
    deliver(text) {
      this.deliver_text?.(text);
    },
    async write(text) {
      if (navigator.clipboard && window.ClipboardItem) {
        const blob = text.then((value) => new Blob([value], { type: "text/plain" }));
        return navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
      }
      // without https there is no clipboard API
      const area = Object.assign(document.createElement("textarea"), { value: await text, readOnly: true });
      area.className = "sr-only";
      document.body.append(area);
      area.select();
      const isCopied = document.execCommand("copy");
      area.remove();
      this.$el.focus();
      if (!isCopied) throw new Error("refused");
    },
    show(state) {
      this.state = state;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => (this.state = "copy"), 2000);
    },
  },
};
