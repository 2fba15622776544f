// Asks a person about one tool call. The arguments may be changed, as JSON, before the call is approved. Escape stops no
// answer from here: it is pressed to leave a field.
const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB

export default {
  template: `
    <form class="decision" :aria-labelledby="id + '-title'" @submit.prevent="isDenying ? deny() : approve('once')"
      @keydown.esc.prevent="isDenying = false">
      <h3 :id="id + '-title'">{{ texts.question }} <bdi>{{ title }}</bdi><span v-if="server" class="decision-server">
        {{ ' ' + texts.of + ' ' }}<bdi>{{ server }}</bdi></span></h3>
      <label>{{ texts.arguments }}
        <textarea v-model="written" :rows="rows" dir="ltr" spellcheck="false" :disabled="isSending"
          :aria-invalid="problem ? 'true' : null" @input="problem = ''"></textarea></label>
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
  props: { id: String, title: String, server: String, given: String, others: Number, texts: Object },
  emits: ["decide"],
  data() {
    return { written: this.given, reason: "", isDenying: false, isSending: false, problem: "" };
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
      let changed = null;
      if (this.written.trim() !== this.given.trim()) {
        try {
          changed = JSON.parse(this.written);
        } catch {}
        if (changed === null || typeof changed !== "object" || Array.isArray(changed)) {
          this.problem = this.texts.not_json;
          return;
        }
      }
      this.send({ decision: "approve", scope, ...(changed === null ? {} : { arguments: this.written }) });
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
