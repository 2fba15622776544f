// Enter sends and Escape leaves, as in the composer; the keys of an input method are its own. The text outlives a reload
// and a look at another thread, until it is sent or given up: `thread_view.js` asks for what was kept.
const EDIT = "decant.edit/";
const MAX_EDITS = 10;
const SAVE_PAUSE = 300;
// Half of a surrogate pair is no text, and the server would refuse it.
const wellFormed = (text) => text.toWellFormed?.() ?? text.replace(/\p{Surrogate}/gu, "\uFFFD");

export default {
  template: `
    <form class="message-editor" @submit.prevent="save" @keydown.esc="onEscape">
      <textarea ref="text" dir="auto" :maxlength="maxCharacters" :aria-label="texts.label" @input="onInput"
        @keydown="onKeydown"></textarea>
      <p v-if="said" class="editor-problem" role="alert">{{ said }}</p>
      <div class="editor-buttons">
        <button type="button" class="button" @click="leave">{{ texts.cancel }}</button>
        <button type="submit" class="button button-accent">{{ texts.send }}</button>
      </div>
    </form>`,
  props: { text: String, message: String, maxCharacters: Number, texts: Object },
  emits: ["save", "cancel"],
  data: () => ({ isTouch: matchMedia("(hover: none) and (pointer: coarse)").matches, said: "" }),
  mounted() {
    this.isDone = false;
    this.$refs.text.value = this.text;
    this.grow();
    this.$refs.text.focus();
    this.keep = () => this.store();
    window.addEventListener("pagehide", this.keep);
    document.addEventListener("visibilitychange", this.keep);
  },
  beforeUnmount() {
    this.store();
    window.removeEventListener("pagehide", this.keep);
    document.removeEventListener("visibilitychange", this.keep);
  },
  methods: {
    onEscape(event) {
      if (event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      this.leave();
    },
    onKeydown(event) {
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "Enter" && !event.shiftKey && !this.isTouch) {
        event.preventDefault();
        this.save();
      }
    },
    onInput() {
      this.said = "";
      this.isDone = false;
      this.grow();
      clearTimeout(this.timer);
      this.timer = setTimeout(this.keep, SAVE_PAUSE);
    },
    save() {
      const text = wellFormed(this.$refs.text.value);
      if (!text.trim()) return;
      this.isDone = true;
      this.$emit("save", text);
    },
    leave() {
      this.isDone = true;
      this.$emit("cancel");
    },
    say(sentence) {
      this.said = sentence;
      if (sentence) this.isDone = false;
    },
    store() {
      clearTimeout(this.timer);
      if (!this.message) return;
      // the browser may refuse: storage full or switched off
      try {
        const name = EDIT + this.message;
        sessionStorage.removeItem(name);
        const kept = Object.keys(sessionStorage).filter((other) => other.startsWith(EDIT));
        for (const other of kept.slice(0, kept.length - MAX_EDITS + 1)) sessionStorage.removeItem(other);
        if (!this.isDone) sessionStorage.setItem(name, this.$refs.text.value);
      } catch {}
    },
    grow() {
      const area = this.$refs.text;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
    },
  },
};
