// The browser's half of the composer: no keystroke waits for the server, and unsent text survives a reload. Every thread
// has a draft of its own, in this tab. A text that was sent and came back, or was sent just before a reload, keeps its
// key, so that sending it again runs nothing twice.
const DRAFT = "decant.draft"; // of the thread that has no id yet; of the others "decant.draft/" and the id
const MAX_DRAFTS = 30;
const MAX_DRAFT_CHARACTERS = 1000000; // of all drafts, the oldest of which go first
const SAVE_PAUSE = 300;
const AWAY = ".new-chat, .bar-new, .threads a[href]"; // what leads to another thread
const AWAY_MS = 5000;
const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB
const HALVES = /\p{Surrogate}/gu; // of a character, alone
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
  props: { isRunning: Boolean, maxCharacters: Number, place: Object, texts: Object },
  emits: ["send", "cancel"],
  data: () => ({ isTouch: matchMedia("(hover: none) and (pointer: coarse)").matches, isEmpty: true, isSending: false, problem: "", said: "" }),
  mounted() {
    this.thread = this.place.thread;
    this.forgotten = new Set();
    this.take();
    this.onEscape = (event) => {
      const isElsewhere = event.defaultPrevented || event.isComposing || document.querySelector("dialog[open], [inert]");
      const place = document.activeElement;
      const isHere = place === document.body || place?.closest(".composer, .main:not(:has(.message-editor:focus-within))");
      if (event.key === "Escape" && this.isRunning && !isElsewhere && isHere) this.$emit("cancel");
    };
    document.addEventListener("keydown", this.onEscape);
    this.onAway = (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || !event.target.closest?.(AWAY)) return;
      this.left = { text: this.$refs.text.value, key: this.isSending ? this.keyed?.key : null, at: performance.now() };
      this.$refs.text.dispatchEvent(new Event("away", { bubbles: true }));
    };
    document.addEventListener("click", this.onAway, true);
    this.save = () => this.store();
    window.addEventListener("pagehide", this.save);
    document.addEventListener("visibilitychange", this.save);
    this.watcher = new ResizeObserver(() => this.$refs.text.clientWidth !== this.width && this.grow(true));
    this.watcher.observe(this.$refs.text);
    this.focus();
  },
  beforeUnmount() {
    this.store();
    document.removeEventListener("keydown", this.onEscape);
    document.removeEventListener("click", this.onAway, true);
    window.removeEventListener("pagehide", this.save);
    document.removeEventListener("visibilitychange", this.save);
    this.watcher.disconnect();
  },
  watch: {
    place(now, before) {
      if (now.visit !== before.visit) this.change(now.thread);
      else if (now.thread !== before.thread) this.rename(now.thread);
    },
    isRunning(isRunning) {
      if (this.said === this.texts.wait) this.said = "";
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
      this.said = "";
      this.check();
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.store(), SAVE_PAUSE);
    },
    check() {
      const text = this.$refs.text.value;
      const excess = text.length - this.maxCharacters;
      this.isEmpty = !/\S/.test(text);
      this.problem = excess > 0 ? this.texts.too_long.replace("{excess}", excess.toLocaleString()) : "";
      this.grow();
    },
    send() {
      const text = this.$refs.text.value.replace(HALVES, "\ufffd");
      if (!text.trim() || this.isSending || this.problem) return;
      if (this.isRunning) {
        this.say(this.texts.wait);
        return;
      }
      const excess = JSON.stringify(JSON.stringify(text)).length - MAX_MESSAGE_BYTES;
      if (excess > 0) {
        this.problem = this.texts.too_long.replace("{excess}", excess.toLocaleString());
        return;
      }
      this.isSending = true;
      this.sent = text;
      if (this.keyed?.text !== text) this.keyed = { text, key: newKey() };
      this.said = "";
      this.put("");
      this.store();
      this.$emit("send", this.keyed);
      this.focus();
    },
    accept() {
      this.isSending = false;
      this.sent = "";
      this.keyed = null;
      this.store();
    },
    reject(sentence) {
      this.isSending = false;
      const text = this.sent + this.$refs.text.value;
      this.sent = "";
      this.put(text);
      this.store();
      if (sentence) this.say(sentence);
    },
    say(sentence) {
      this.said = sentence;
    },
    put(text) {
      this.$refs.text.value = text;
      this.check();
    },
    // The thread on the page has got its id.
    rename(thread) {
      this.drop(this.name());
      this.thread = thread;
      this.store();
    },
    // What was written or sent after the click that leads to another thread belongs there, however late it opens.
    change(thread) {
      const { left, sent, keyed, isSending } = this;
      const written = this.$refs.text.value;
      const isLeft = left && performance.now() - left.at < AWAY_MS;
      // What was sent before the click stays with the thread that it was sent in.
      const isSentHere = isLeft && isSending && keyed?.key === left.key;
      this.left = null;
      if (isLeft) {
        if (!isSentHere) this.sent = "";
        this.put(left.text);
      }
      this.store();
      this.thread = thread;
      this.forgotten.delete(thread);
      this.take();
      if (!isLeft) return;
      if (isSending && !isSentHere) Object.assign(this, { sent, keyed, isSending });
      this.put(this.$refs.text.value + (written.startsWith(left.text) ? written.slice(left.text.length) : written));
      this.store();
    },
    forget(thread) {
      this.forgotten.add(thread);
      this.drop(this.name(thread));
    },
    drop(name) {
      try {
        sessionStorage.removeItem(name);
      } catch {}
    },
    take() {
      const draft = this.stored(this.name());
      this.isSending = false;
      this.sent = this.said = "";
      this.keyed = draft.keyed;
      this.put(draft.text);
    },
    name(thread = this.thread) {
      return thread ? `${DRAFT}/${thread}` : DRAFT;
    },
    store() {
      clearTimeout(this.timer);
      const text = this.sent + this.$refs.text.value;
      if (text === this.kept && this.thread === this.keptOf && this.keyed === this.keptKey) return;
      [this.kept, this.keptOf, this.keptKey] = [text, this.thread, this.keyed];
      // the browser may refuse: storage full or switched off
      try {
        if (!text || this.forgotten.has(this.thread)) sessionStorage.removeItem(this.name());
        else {
          this.makeRoom(text.length);
          sessionStorage.setItem(this.name(), JSON.stringify({ text, keyed: this.keyed, at: Date.now() }));
        }
      } catch {}
    },
    makeRoom(length) {
      const names = Object.keys(sessionStorage).filter((name) => name.startsWith(DRAFT) && name !== this.name());
      const others = names.map((name) => [name, this.stored(name)]).sort(([, one], [, other]) => (other.at ?? 0) - (one.at ?? 0));
      others.forEach(([name, draft], index) => {
        length += draft.text.length;
        if (index >= MAX_DRAFTS - 1 || length > MAX_DRAFT_CHARACTERS) sessionStorage.removeItem(name);
      });
    },
    stored(name) {
      try {
        const draft = JSON.parse(sessionStorage.getItem(name));
        return typeof draft?.text === "string" ? draft : { text: "" };
      } catch {
        return { text: "" };
      }
    },
    // At its greatest height a longer text changes nothing, and to lay it out again would hold every key.
    grow(isAnew = false) {
      const area = this.$refs.text;
      const length = area.value.length;
      const isLonger = length >= this.length;
      this.length = length;
      if (!isAnew && this.isFull && (isLonger || area.scrollHeight > area.clientHeight + 1)) return;
      area.style.height = "auto";
      area.style.height = `${area.scrollHeight}px`;
      this.width = area.clientWidth;
      this.isFull = area.scrollHeight > area.clientHeight + 1;
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
