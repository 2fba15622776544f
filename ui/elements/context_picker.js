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
      <div v-if="shown.length" class="context-list">
        <ul id="context-list" ref="list" role="listbox" :aria-label="texts[kind]">
          <li v-for="(item, at) in shown" :key="item.server + '/' + item.name" :id="'context-item-' + at" role="option"
            :aria-selected="at === active ? 'true' : 'false'" @pointerdown.prevent @click="choose(item)">
            <bdi class="context-name">{{ item.title }}</bdi> <bdi class="context-server">{{ item.server }}</bdi>
            <p v-if="item.description" dir="auto">{{ item.description }}</p>
          </li>
        </ul>
        <p v-for="sentence in leftOut" :key="sentence" class="context-left-out">{{ sentence }}</p>
      </div>
      <p class="sr-only" role="status">{{ shown.length ? [count(texts.found, shown.length), ...leftOut].join(" ") : "" }}</p>
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
  props: { texts: Object, visit: Number },
  emits: ["open", "choose"],
  data: () => ({ offers: {}, kind: "", query: "", active: 0, said: "", prompt: null, values: {}, problem: "", isBusy: false }),
  computed: {
    offer() {
      return this.offers[this.kind] ?? { items: [], left_out: [] };
    },
    meant() {
      const words = this.query.toLowerCase();
      return this.offer.items.filter((item) => `${item.title} ${item.name} ${item.server}`.toLowerCase().includes(words));
    },
    shown() {
      return this.meant.slice(0, MOST_SHOWN);
    },
    leftOut() {
      const more = this.meant.length - this.shown.length;
      return [...(more ? [this.count(this.texts.more, more)] : []), ...this.offer.left_out];
    },
  },
  watch: {
    visit: "leave",
    shown: { handler: "tell", flush: "post" },
    active: { handler: "tell", flush: "post" },
  },
  mounted() {
    this.askedAt = {};
    this.choices = 0;
    this.onField = (event) => event.target.id === FIELD && this.look(event.type === "input");
    this.onLeave = (event) => event.target.id === FIELD && this.close();
    this.onKey = (event) => event.target.id === FIELD && this.press(event);
    // The click that leads to another chat, whose field it is from then on: the server opens it a moment later.
    this.onAway = (event) => event.target.id === FIELD && this.leave();
    for (const type of ["input", "click"]) document.addEventListener(type, this.onField);
    document.addEventListener("focusout", this.onLeave);
    document.addEventListener("away", this.onAway);
    document.addEventListener("keydown", this.onKey, true); // before the field sends what is written
  },
  beforeUnmount() {
    for (const type of ["input", "click"]) document.removeEventListener(type, this.onField);
    document.removeEventListener("focusout", this.onLeave);
    document.removeEventListener("away", this.onAway);
    document.removeEventListener("keydown", this.onKey, true);
  },
  methods: {
    field: () => document.getElementById(FIELD),
    count: (text, number) => text.replace("{count}", number),
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
      this.token = { start, head: before, tail: value.slice(start) };
      if (performance.now() - (this.askedAt[kind] ?? -FRESH_MS) >= FRESH_MS) {
        this.askedAt[kind] = performance.now();
        this.$emit("open", kind);
      }
    },
    close() {
      this.kind = "";
    },
    // One at a time: what comes is put where it was asked for, and what comes for another choice is dropped.
    isWaiting() {
      return this.target && performance.now() - this.target.at < LONGEST_MS;
    },
    // Also by Escape, after which nothing is put anywhere.
    onClose() {
      this.prompt = this.target = null;
    },
    leave() {
      if (this.target) this.end(this.texts.left);
    },
    end(sentence) {
      Object.assign(this, { said: sentence, target: null });
      this.$refs.dialog?.close();
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
      this.target = { ...this.token, choiceId: ++this.choices, at: performance.now() };
      const kind = this.kind;
      this.close();
      if (item.arguments?.length) {
        const values = Object.fromEntries(item.arguments.map((argument) => [argument.name, ""]));
        Object.assign(this, { prompt: item, values, problem: "", isBusy: false });
        this.$nextTick(() => this.$refs.dialog.showModal());
        return;
      }
      this.said = this.texts.reading;
      this.$emit("choose", { choice_id: this.target.choiceId, kind, server: item.server, name: item.name, arguments: {} });
    },
    fill() {
      const given = Object.entries(this.values).filter(([, value]) => value);
      const { server, name } = this.prompt;
      const chosen = { choice_id: this.target.choiceId, kind: "prompts", server, name, arguments: Object.fromEntries(given) };
      if (JSON.stringify(JSON.stringify(chosen)).length > MAX_MESSAGE_BYTES) {
        this.problem = this.texts.too_long;
        return;
      }
      Object.assign(this, { isBusy: true, problem: "" });
      this.$emit("choose", chosen);
    },
    show(kind, offer) {
      this.offers = { ...this.offers, [kind]: offer };
    },
    insert(choiceId, text) {
      if (choiceId !== this.target?.choiceId) return;
      const place = this.place();
      this.end(place ? "" : this.texts.gone);
      if (!place) return;
      const field = this.field();
      field.setRangeText(text, ...place, "end");
      field.focus();
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    // Where it was asked for: what is written meanwhile stands before that or behind it, else the place is gone.
    place() {
      const { start, head, tail } = this.target;
      const { value } = this.field();
      if (value.startsWith(head)) return [start, head.length];
      const moved = value.length - tail.length;
      return value.endsWith(tail) ? [moved, moved + head.length - start] : null;
    },
    fail(choiceId, sentence) {
      if (choiceId !== this.target?.choiceId) return;
      this.isBusy = false;
      if (this.prompt) this.problem = sentence;
      else this.end(sentence);
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
