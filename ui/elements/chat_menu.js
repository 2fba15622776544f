export default {
  template: `
    <div class="menu" @keydown="onKeydown" @focusout="onFocusOut">
      <button ref="button" type="button" class="button icon-button" aria-haspopup="menu" :aria-label="label"
        :title="label" :aria-expanded="isOpen ? 'true' : 'false'" @click="isOpen ? close() : open()">
        <i class="icon icon-more" aria-hidden="true"></i></button>
      <div v-if="isOpen" ref="list" class="menu-list" role="menu" :aria-label="label">
        <button v-for="(item, index) in items" :key="item.label" type="button" role="menuitem" tabindex="-1"
          :disabled="item.disabled" @click="choose(index)">
          <i class="icon" :class="'icon-' + item.icon" aria-hidden="true"></i>{{ item.label }}</button>
      </div>
    </div>`,
  props: { label: String, items: Array },
  emits: ["choose"],
  data: () => ({ isOpen: false }),
  methods: {
    async open() {
      this.isOpen = true;
      await this.$nextTick();
      this.lines()[0]?.focus();
    },
    close() {
      this.isOpen = false;
      this.$refs.button.focus();
    },
    lines() {
      return [...this.$refs.list.querySelectorAll("button:not(:disabled)")];
    },
    choose(index) {
      this.close();
      this.$emit("choose", index);
    },
    onFocusOut(event) {
      if (!this.$el.contains(event.relatedTarget)) this.isOpen = false;
    },
    onKeydown(event) {
      if (!this.isOpen) return;
      if (event.key === "Escape" || event.key === "Tab") this.close();
      const lines = this.lines();
      const at = lines.indexOf(document.activeElement);
      const steps = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: lines.length - 1 };
      if (event.key in steps) lines.at(steps[event.key] % lines.length).focus();
      if (event.key in steps || event.key === "Escape") event.preventDefault();
    },
  },
};
