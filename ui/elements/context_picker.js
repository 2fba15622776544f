// What may begin a message: after "/" the prompts of MCP servers, after "@" their resources. The list belongs to the field
// where messages are written, which keeps the focus; what is chosen is put there, to be seen and changed before it is sent.
const FIELD = "message";
const KINDS = [["prompts", /^\/([^\s/]*)$/], ["resources", /(?:^|\s)@([^\s@]*)$/]];
const FRESH_MS = 30000;
const LONGEST_MS = 30000; // an answer takes less, if it comes
const MOST_SHOWN = 50;
const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB

export default {
  template: `
    <div class="context-place">
      <ul v-if="shown.length" id="context-list" ref="list" role="listbox" class="context-list" :aria-label="texts[kind]">
        <li v-for="(item, at) in shown" :key="item.server + '/' + item.name" :id="'context-item-' + at" role="option"
          :aria-selected="at === active ? 'true' : 'false'" @pointerdown.prevent @click="choose(item)">
          <bdi class="context-name">{{ item.title }}</bdi> <bdi class="context-server">{{ item.server }}</bdi>
          <p v-if="item.description" dir="auto">{{ item.description }}</p>
        </li>
      </ul>
      <p class="sr-only" role="status">{{ shown.length ? texts.found.replace("{count}", shown.length) : "" }}</p>
      <p v-if="said" class="context-said" role="status" dir="auto">{{ said }}</p>
      <dialog v-if="prompt" ref="dialog" class="dialog" aria-labelledby="prompt-title" @close="onClose">
        <form class="dialog-card" @submit.prevent="fill">
          <h2 id="prompt-title"><bdi>{{ prompt.title }}</bdi></h2>
          <p v-if="prompt.description" dir="auto">{{ prompt.description }}</p>
          <label v-for="argument in prompt.arguments" :key="argument.name">
            <bdi>{{ argument.name }}{{ argument.required ? " *" : "" }}</bdi>
            <textarea v-model="values[argument.name]" rows="2" dir="auto" :required="argument.required"
              :disabled="isBusy"></textarea>
            <small v-if="argument.description" dir="auto">{{ argument.description }}</small>
          </label>
          <p v-if="problem" role="alert" dir="auto">{{ problem }}</p>
          <div class="editor-buttons">
            <button type="button" class="button" @click="$refs.dialog.close()">{{ texts.cancel }}</button>
            <button type="submit" class="button button-accent" :disabled="isBusy">{{ texts.insert }}</button>
          </div>
        </form>
      </dialog>
    </div>`,
  props: { texts: Object },
  emits: ["open", "choose"],
  data: () => ({ items: {}, kind: "", query: "", active: 0, said: "", prompt: null, values: {}, problem: "", isBusy: false }),
  computed: {
    shown() {
      const words = this.query.toLowerCase();
      const isMeant = (item) => `${item.title} ${item.name} ${item.server}`.toLowerCase().includes(words);
      return this.kind ? (this.items[this.kind] ?? []).filter(isMeant).slice(0, MOST_SHOWN) : [];
    },
  },
  watch: {
    shown: { handler: "tell", flush: "post" },
    active: { handler: "tell", flush: "post" },
  },
  mounted() {
    this.askedAt = {};
    this.onField = (event) => event.target.id === FIELD && this.look(event.type === "input");
    this.onLeave = (event) => event.target.id === FIELD && this.close();
    this.onKey = (event) => event.target.id === FIELD && this.press(event);
    for (const type of ["input", "click"]) document.addEventListener(type, this.onField);
    document.addEventListener("focusout", this.onLeave);
    document.addEventListener("keydown", this.onKey, true); // before the field sends what is written
  },
  beforeUnmount() {
    for (const type of ["input", "click"]) document.removeEventListener(type, this.onField);
    document.removeEventListener("focusout", this.onLeave);
    document.removeEventListener("keydown", this.onKey, true);
  },
  methods: {
    field: () => document.getElementById(FIELD),
    look(isWritten) {
      const { value, selectionStart: caret, selectionEnd: end } = this.field();
      const before = value.slice(0, caret);
      const found = caret === end && KINDS.map(([kind, form]) => [kind, form.exec(before)]).find(([, match]) => match);
      if (isWritten) this.said = "";
      if (!found || this.isWaiting()) {
        this.escaped = null;
        this.close();
        return;
      }
      const [kind, match] = found;
      const start = caret - match[1].length - 1;
      if (this.escaped === start) return;
      Object.assign(this, { kind, query: match[1], active: 0 });
      this.token = { start, end: caret, text: value.slice(start, caret) };
      if (performance.now() - (this.askedAt[kind] ?? -FRESH_MS) >= FRESH_MS) {
        this.askedAt[kind] = performance.now();
        this.$emit("open", kind);
      }
    },
    close() {
      this.kind = "";
    },
    // One at a time: what comes is put where it was asked for.
    isWaiting() {
      return this.target && performance.now() - this.target.at < LONGEST_MS;
    },
    // Also by Escape, after which nothing is put anywhere.
    onClose() {
      this.prompt = this.target = null;
    },
    press(event) {
      if (!this.shown.length || event.isComposing || event.keyCode === 229) return;
      const count = this.shown.length;
      if (event.key === "ArrowDown") this.active = (this.active + 1) % count;
      else if (event.key === "ArrowUp") this.active = (this.active + count - 1) % count;
      else if ((event.key === "Enter" && !event.shiftKey) || (event.key === "Tab" && !event.shiftKey)) {
        this.choose(this.shown[this.active]);
      } else if (event.key === "Escape") {
        this.escaped = this.token.start;
        this.close();
      } else return;
      event.preventDefault();
      event.stopPropagation();
    },
    choose(item) {
      this.target = { ...this.token, place: location.pathname, at: performance.now() };
      const kind = this.kind;
      this.close();
      if (item.arguments?.length) {
        const values = Object.fromEntries(item.arguments.map((argument) => [argument.name, ""]));
        Object.assign(this, { prompt: item, values, problem: "", isBusy: false });
        this.$nextTick(() => this.$refs.dialog.showModal());
        return;
      }
      this.said = this.texts.reading;
      this.$emit("choose", { kind, server: item.server, name: item.name, arguments: {} });
    },
    fill() {
      const given = Object.entries(this.values).filter(([, value]) => value);
      const chosen = { kind: "prompts", server: this.prompt.server, name: this.prompt.name, arguments: Object.fromEntries(given) };
      if (JSON.stringify(JSON.stringify(chosen)).length > MAX_MESSAGE_BYTES) {
        this.problem = this.texts.too_long;
        return;
      }
      Object.assign(this, { isBusy: true, problem: "" });
      this.$emit("choose", chosen);
    },
    show(kind, items) {
      this.items = { ...this.items, [kind]: items };
    },
    // Where it was asked for, unless the person is in another chat by now.
    insert(text) {
      this.said = "";
      const { start, end, text: token, place } = this.target ?? {};
      this.$refs.dialog?.close();
      const field = this.field();
      if (place !== location.pathname) return;
      if (field.value.slice(start, end) === token) field.setRangeText(text, start, end, "end");
      else field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
      this.target = null;
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    fail(sentence) {
      this.isBusy = false;
      if (this.prompt) this.problem = sentence;
      else Object.assign(this, { said: sentence, target: null });
    },
    // The field says to a screen reader which list it has, and which entry is meant.
    tell() {
      const field = this.field();
      if (!field) return;
      const isOpen = this.shown.length > 0;
      const told = { "aria-controls": "context-list", "aria-haspopup": "listbox", "aria-autocomplete": "list" };
      for (const [name, value] of Object.entries(told)) isOpen ? field.setAttribute(name, value) : field.removeAttribute(name);
      if (isOpen) field.setAttribute("aria-activedescendant", `context-item-${this.active}`);
      else field.removeAttribute("aria-activedescendant");
      if (isOpen) this.$refs.list?.children[this.active]?.scrollIntoView({ block: "nearest" });
    },
  },
};
