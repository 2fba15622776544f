// Enter sends and Escape leaves, as in the composer; the keys of an input method are its own.
export default {
  template: `
    <form class="message-editor" @submit.prevent="save" @keydown.esc="onEscape">
      <textarea ref="text" dir="auto" :maxlength="maxCharacters" :aria-label="texts.label" @input="grow"
        @keydown="onKeydown"></textarea>
      <div class="editor-buttons">
        <button type="button" class="button" @click="$emit('cancel')">{{ texts.cancel }}</button>
        <button type="submit" class="button button-accent">{{ texts.send }}</button>
      </div>
    </form>`,
  props: { text: String, maxCharacters: Number, texts: Object },
  emits: ["save", "cancel"],
  data: () => ({ isTouch: matchMedia("(hover: none) and (pointer: coarse)").matches }),
  mounted() {
    this.$refs.text.value = this.text;
    this.grow();
    this.$refs.text.focus();
  },
  methods: {
    onEscape(event) {
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.$emit("cancel");
    },
    onKeydown(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter" && !event.shiftKey && !this.isTouch) {
        event.preventDefault();
        this.save();
      }
    },
    save() {
      const text = this.$refs.text.value;
      if (text.trim()) this.$emit("save", text);
    },
    grow() {
      const area = this.$refs.text;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
    },
  },
};
