// The browser's half of the composer: no keystroke waits for the server, and unsent text survives a reload. A text that
// was sent and came back, or was sent just before a reload, keeps its key, so that sending it again runs nothing twice.
const DRAFT = "decant.draft";
const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

export default {
  template: `
    <form class="composer" @submit.prevent="send">
      <div class="composer-card">
        <textarea ref="text" id="message" rows="1" dir="auto" :enterkeyhint="isTouch ? 'enter' : 'send'" autocomplete="off"
          :placeholder="texts.placeholder" :aria-label="texts.label" :aria-invalid="problem ? 'true' : null"
          @input="onInput" @keydown="onKeydown"></textarea>
        <button v-if="isRunning" key="stop" type="button" class="composer-button" @click="$emit('cancel')"
          @keydown="$event.repeat && $event.preventDefault()"
          :aria-label="texts.stop" :title="texts.stop"><i class="icon icon-stop" aria-hidden="true"></i></button>
        <button v-else key="send" type="submit" class="composer-button" :disabled="isEmpty || isSending || !!problem"
          :aria-label="texts.send" :title="texts.send"><i class="icon icon-send" aria-hidden="true"></i></button>
      </div>
      <p v-if="problem || said" class="composer-problem" role="alert">{{ problem || said }}</p>
      <p v-else-if="!isTouch" class="composer-hint">{{ texts.hint }}</p>
    </form>`,
  props: { isRunning: Boolean, maxCharacters: Number, texts: Object },
  emits: ["send", "cancel"],
  data: () => ({ isTouch: matchMedia("(hover: none) and (pointer: coarse)").matches, isEmpty: true, isSending: false, problem: "", said: "" }),
  mounted() {
    this.sent = "";
    const draft = this.stored();
    this.keyed = draft.keyed;
    this.put(draft.text);
    this.onEscape = (event) => {
      const isElsewhere = event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], [inert]");
      const place = document.activeElement;
      const isHere = place === document.body || place?.closest(".composer, .main:not(:has(.message-editor:focus-within))");
      if (event.key === "Escape" && this.isRunning && !isElsewhere && isHere) this.$emit("cancel");
    };
    document.addEventListener("keydown", this.onEscape);
    this.focus();
  },
  beforeUnmount() {
    document.removeEventListener("keydown", this.onEscape);
  },
  watch: {
    isRunning(isRunning) {
      const hadFocus = document.activeElement?.matches(".composer-button");
      if (!isRunning && hadFocus) this.$nextTick(() => this.$refs.text.focus());
    },
  },
  methods: {
    // A keyboard on the screen has no Shift+Enter: there Enter begins a line, and the button sends.
    onKeydown(event) {
      if (this.isTouch) return;
      const isComposing = event.isComposing || event.keyCode === 229; // Safari ends a composition before keydown
      if (event.key !== "Enter" || event.shiftKey || isComposing) return;
      event.preventDefault();
      this.send();
    },
    onInput() {
      const text = this.$refs.text.value;
      const excess = text.length - this.maxCharacters;
      this.isEmpty = !text.trim();
      this.said = "";
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
      if (this.keyed?.text !== text) this.keyed = { text, key: newKey() };
      this.put("");
      this.$emit("send", this.keyed);
      this.focus();
    },
    accept() {
      this.isSending = false;
      this.sent = "";
      this.keyed = null;
      this.store(this.$refs.text.value);
    },
    reject(sentence) {
      this.isSending = false;
      const text = this.sent + this.$refs.text.value;
      this.sent = "";
      this.put(text);
      this.say(sentence);
    },
    say(sentence) {
      this.said = sentence;
    },
    put(text) {
      this.$refs.text.value = text;
      this.onInput();
    },
    store(text) {
      // the browser may refuse: storage full or switched off
      try {
        text
          ? sessionStorage.setItem(DRAFT, JSON.stringify({ text, keyed: this.keyed }))
          : sessionStorage.removeItem(DRAFT);
      } catch {}
    },
    stored() {
      try {
        return JSON.parse(sessionStorage.getItem(DRAFT)) ?? { text: "" };
      } catch {
        return { text: "" };
      }
    },
    grow() {
      const area = this.$refs.text;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
    },
    takeFocus() {
      const place = document.activeElement;
      if (place === document.body || place?.closest(".main")) this.$el.querySelector(".composer-button").focus();
    },
    focus() {
      if (matchMedia("(pointer: fine)").matches) this.$refs.text.focus({ preventScroll: true });
    },
  },
};
