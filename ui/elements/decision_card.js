// Asks a person about one tool call. The arguments may be changed, as JSON, before the call is approved; what is changed
// survives a reload. Escape stops no answer from here: it is pressed to leave a field.
import { keepDraft, readDraft } from "kept_drafts";

const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB
const cards = new Set(); // that are on the page

export default {
  template: `
    <form class="decision" :aria-labelledby="id + '-title'" @submit.prevent="isDenying ? deny() : approve('once')"
      @keydown.esc.prevent="isDenying = false">
      <h3 :id="id + '-title'">{{ texts.question }} <bdi>{{ title }}</bdi><span v-if="server" class="decision-server">
        {{ ' ' + texts.of + ' ' }}<bdi>{{ server }}</bdi></span></h3>
      <label>{{ texts.arguments }}
        <textarea v-model="written" :rows="rows" dir="ltr" spellcheck="false" :disabled="isSending"
          :aria-invalid="problem ? 'true' : null" @input="problem = ''; keep()"></textarea></label>
      <label v-if="isDenying">{{ texts.reason }}
        <input ref="reason" v-model="reason" dir="auto" maxlength="2000" :disabled="isSending"></label>
      <p v-if="problem" class="decision-problem" role="alert">{{ problem }}</p>
      <div class="decision-buttons">
        <template v-if="!isDenying">
          <button type="submit" class="button button-accent" :disabled="isSending">{{ texts.once }}</button>
          <button type="button" class="button" :disabled="isSending" @click="approve('thread')">{{ texts.thread }}</button>
          <button v-if="others" type="button" class="button" :disabled="isSending" @click="approve('step')">{{ all }}</button>
          <button type="button" class="button" :disabled="isSending" @click="askReason">{{ texts.deny }}</button>
        </template>
        <template v-else>
          <button type="submit" class="button button-accent" :disabled="isSending">{{ texts.deny }}</button>
          <button type="button" class="button" :disabled="isSending" @click="isDenying = false">{{ texts.back }}</button>
        </template>
      </div>
    </form>`,
  props: { id: String, call: String, tool: String, draft: String, title: String, server: String, given: String, others: Number,
    texts: Object },
  emits: ["decide"],
  data() {
    return { written: readDraft("decision", this.draft).written ?? this.given, reason: "", isDenying: false, isSending: false, problem: "" };
  },
  mounted() {
    cards.add(this);
    // What was sent over a connection that is gone may not have come: it can be sent again, and is taken once.
    this.onConnect = () => (this.isSending = false);
    window.socket?.on("connect", this.onConnect);
  },
  beforeUnmount() {
    cards.delete(this);
    window.socket?.off("connect", this.onConnect);
  },
  computed: {
    rows() {
      return Math.min(12, Math.max(2, this.given.split("\n").length));
    },
    all() {
      return this.texts.step.replace("{count}", this.others + 1);
    },
  },
  methods: {
    approve(scope) {
      if (this.isSending) return;
      const edited = this.edited(scope);
      if (!this.isGood() || edited.some((card) => !card.isGood())) {
        this.problem = this.isGood() ? this.texts.other_not_json : this.texts.not_json;
        return;
      }
      const others = Object.fromEntries(edited.map((card) => [card.call, card.written]));
      this.send({ decision: "approve", scope, ...(this.isEdited() ? { arguments: this.written } : {}),
        ...(edited.length ? { edited: others } : {}) });
    },
    // Cards of other calls that a decision is about as well, and that show other arguments than the model's.
    edited(scope) {
      const isMeant = (card) => card !== this && card.isEdited() && (scope === "step" || card.tool === this.tool);
      const answer = this.$el.closest(".answer");
      return scope === "once" ? [] : [...cards].filter((card) => isMeant(card) && card.$el.closest(".answer") === answer);
    },
    isEdited() {
      return this.written.trim() !== this.given.trim();
    },
    isGood() {
      if (!this.isEdited()) return true;
      try {
        const read = JSON.parse(this.written);
        return read !== null && typeof read === "object" && !Array.isArray(read);
      } catch {
        return false;
      }
    },
    keep() {
      keepDraft("decision", this.draft, this.isEdited() ? { written: this.written } : null);
    },
    askReason() {
      this.isDenying = true;
      this.$nextTick(() => this.$refs.reason.focus());
    },
    deny() {
      if (!this.isSending) this.send({ decision: "deny", reason: this.reason.trim() });
    },
    send(decision) {
      if (JSON.stringify(JSON.stringify(decision)).length > MAX_MESSAGE_BYTES) {
        this.problem = this.texts.too_long;
        return;
      }
      if (window.socket?.connected === false) {
        this.problem = this.texts.not_connected;
        return;
      }
      this.isSending = true;
      this.problem = "";
      this.$emit("decide", decision);
    },
    fail(sentence) {
      this.isSending = false;
      this.problem = sentence;
    },
  },
};
