// What an MCP server asks a person before its tool answers: a flat form, or an address to open. Nothing is opened by itself.
import { keepDraft, readDraft } from "kept_drafts";

const MAX_MESSAGE_BYTES = 950000; // NiceGUI drops messages to the server above 1 MB

export default {
  template: `
    <form class="decision" :aria-labelledby="id + '-title'" @submit.prevent="accept" @input="keep" @change="keep"
      @keydown.esc.prevent>
      <h3 :id="id + '-title'">{{ texts.asks_before }} <bdi>{{ server }}</bdi> {{ texts.asks_after }}</h3>
      <fieldset v-for="question in questions" :key="question.key" :disabled="isSending">
        <legend dir="auto">{{ question.message }}</legend>
        <template v-for="field in question.fields" :key="field.name">
          <label v-if="field.kind === 'boolean'" class="decision-check">
            <input type="checkbox" v-model="values[question.key][field.name]"><bdi>{{ field.title }}</bdi></label>
          <label v-else-if="field.kind === 'choice'"><bdi>{{ field.title }}{{ field.isNeeded ? " *" : "" }}</bdi>
            <select v-model="values[question.key][field.name]" :required="field.isNeeded">
              <option v-if="!field.isNeeded" :value="null"></option>
              <option v-for="choice in field.choices" :key="choice.value" :value="choice.value">{{ choice.title }}</option>
            </select></label>
          <fieldset v-else-if="field.kind === 'choices'"><legend>{{ field.title }}</legend>
            <label v-for="choice in field.choices" :key="choice.value" class="decision-check">
              <input type="checkbox" :value="choice.value" v-model="values[question.key][field.name]">
              <bdi>{{ choice.title }}</bdi></label></fieldset>
          <label v-else><bdi>{{ field.title }}{{ field.isNeeded ? " *" : "" }}</bdi>
            <input :type="field.kind" v-model="values[question.key][field.name]" :required="field.isNeeded" dir="auto"
              :step="field.isWhole ? 1 : 'any'" autocomplete="off"></label>
          <p v-if="field.description" dir="auto">{{ field.description }}</p>
        </template>
        <p v-if="question.url" class="decision-address">{{ texts.opens }} <strong>{{ hostOf(question.url) }}</strong><br>
          <a :href="question.url" target="_blank" rel="noopener noreferrer">{{ question.url }}</a></p>
      </fieldset>
      <p v-if="problem" class="decision-problem" role="alert">{{ problem }}</p>
      <div class="decision-buttons">
        <button type="submit" class="button button-accent" :disabled="isSending">{{ isForm ? texts.send : texts.done }}</button>
        <button type="button" class="button" :disabled="isSending" @click="send('decline')">{{ texts.decline }}</button>
        <button type="button" class="button" :disabled="isSending" @click="send('cancel')">{{ texts.cancel }}</button>
      </div>
    </form>`,
  props: { id: String, draft: String, server: String, questions: Array, texts: Object },
  emits: ["answer"],
  data() {
    const values = {};
    const kept = readDraft("question", this.draft);
    for (const { key, fields } of this.questions) {
      values[key] = Object.fromEntries(fields.map((field) => [field.name, JSON.parse(JSON.stringify(field.given ?? null))]));
      Object.assign(values[key], kept.values?.[key]);
    }
    return { values, isSending: false, problem: "" };
  },
  mounted() {
    // What was sent over a connection that is gone may not have come: it can be sent again, and is taken once.
    this.onConnect = () => (this.isSending = false);
    window.socket?.on("connect", this.onConnect);
  },
  beforeUnmount() {
    window.socket?.off("connect", this.onConnect);
  },
  computed: {
    isForm() {
      return this.questions.some((question) => question.fields.length);
    },
  },
  methods: {
    accept() {
      this.send("accept");
    },
    keep() {
      keepDraft("question", this.draft, { values: this.values });
    },
    // As the browser reads the address that it opens.
    hostOf(url) {
      try {
        return new URL(url).host;
      } catch {
        return "?";
      }
    },
    // An empty field that is not needed is left out.
    contentOf(question) {
      const content = {};
      for (const field of question.fields) {
        const value = this.values[question.key][field.name];
        if (value === null || value === "") continue;
        content[field.name] = field.kind === "number" ? Number(value) : value;
      }
      return content;
    },
    send(action) {
      if (this.isSending) return;
      const answers = {};
      for (const question of this.questions) {
        answers[question.key] = action === "accept" ? { action, content: this.contentOf(question) } : { action };
      }
      const said = JSON.stringify(answers);
      if (JSON.stringify(said).length > MAX_MESSAGE_BYTES) {
        this.problem = this.texts.too_long;
        return;
      }
      if (window.socket?.connected === false) {
        this.problem = this.texts.not_connected;
        return;
      }
      this.isSending = true;
      this.problem = "";
      this.$emit("answer", said);
    },
    fail(sentence) {
      this.isSending = false;
      this.problem = sentence;
    },
  },
};
