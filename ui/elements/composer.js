// The browser's half of the composer: no keystroke waits for the server, and unsent text survives a reload.
const DRAFT = "decant.draft";
const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB

export default {
  template: `
    <form class="composer" @submit.prevent="send">
      <div class="composer-card">
        <textarea ref="text" rows="1" enterkeyhint="send" autocomplete="off"
          :placeholder="texts.placeholder" :aria-label="texts.label" :aria-invalid="problem ? 'true' : null"
          @input="onInput" @keydown="onKeydown"></textarea>
        <button v-if="isRunning" key="stop" type="button" class="composer-button" @click="$emit('cancel')"
          :aria-label="texts.stop" :title="texts.stop"><i class="icon icon-stop" aria-hidden="true"></i></button>
        <button v-else key="send" type="submit" class="composer-button" :disabled="isEmpty || isSending || !!problem"
          :aria-label="texts.send" :title="texts.send"><i class="icon icon-send" aria-hidden="true"></i></button>
      </div>
      <p v-if="problem" class="composer-problem" role="alert">{{ problem }}</p>
      <p v-else class="composer-hint">{{ texts.hint }}</p>
    </form>`,
  props: { isRunning: Boolean, maxCharacters: Number, texts: Object },
  emits: ["send", "cancel"],
  data: () => ({ isEmpty: true, isSending: false, problem: "" }),
  mounted() {
    this.sent = "";
    this.put(sessionStorage.getItem(DRAFT) || "");
    this.onEscape = (event) => {
      const isElsewhere = event.defaultPrevented || event.isComposing || document.querySelector("dialog[open]");
      if (event.key === "Escape" && this.isRunning && !isElsewhere) this.$emit("cancel");
    };
    document.addEventListener("keydown", this.onEscape);
    this.focus();
  },
  beforeUnmount() {
    document.removeEventListener("keydown", this.onEscape);
  },
  methods: {
    onKeydown(event) {
      const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before keydown
      if (event.key !== "Enter" || event.shiftKey || isComposing) return;
      event.preventDefault();
      this.send();
    },
    onInput() {
      const text = this.$refs.text.value;
      const excess = text.length - this.maxCharacters;
      this.isEmpty = !text.trim();
      this.problem = excess > 0 ? this.texts.too_long.replace("{excess}", excess.toLocaleString()) : "";
      this.store(this.sent + text);
      this.grow();
    },
    send() {
      const text = this.$refs.text.value;
      if (!text.trim() || this.isRunning || this.isSending || this.problem) return;
      const excess = JSON.stringify(JSON.stringify(text)).length - MAX_MESSAGE_BYTES;
      if (excess > 0) {
        this.problem = this.texts.too_long.replace("{excess}", excess.toLocaleString());
        return;
      }
      this.isSending = true;
      this.sent = text;
      this.put("");
      this.$emit("send", text);
      this.focus();
    },
    accept() {
      this.isSending = false;
      this.sent = "";
      this.store(this.$refs.text.value);
    },
    reject() {
      this.isSending = false;
      const text = this.sent + this.$refs.text.value;
      this.sent = "";
      this.put(text);
    },
    put(text) {
      this.$refs.text.value = text;
      this.onInput();
    },
    store(text) {
      // the browser may refuse: storage full or switched off
      try {
        text ? sessionStorage.setItem(DRAFT, text) : sessionStorage.removeItem(DRAFT);
      } catch {}
    },
    grow() {
      const area = this.$refs.text;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
    },
    focus() {
      if (matchMedia("(pointer: fine)").matches) this.$refs.text.focus({ preventScroll: true });
    },
  },
};
