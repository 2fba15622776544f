export default {
  template: `
    <dialog ref="dialog" class="dialog" aria-labelledby="settings-title" @click.self="close">
      <form class="dialog-card" @submit.prevent="save">
        <h2 id="settings-title">{{ texts.title }}</h2>
        <label v-if="names.length">{{ texts.model }}
          <span class="model-choice"><select v-model="model">
            <option v-for="name in names" :key="name" :value="name">{{ name }}</option></select>
            <i class="icon icon-down" aria-hidden="true"></i></span></label>
        <label>{{ texts.system_prompt }}
          <textarea v-model="systemPrompt" rows="6" :maxlength="maxCharacters"
            aria-describedby="settings-hint"></textarea></label>
        <p id="settings-hint">{{ texts.hint }}</p>
        <div class="editor-buttons">
          <button type="button" class="button" @click="close">{{ texts.cancel }}</button>
          <button type="submit" class="button button-accent">{{ texts.save }}</button>
        </div>
      </form>
    </dialog>`,
  props: { texts: Object, maxCharacters: Number },
  emits: ["save"],
  data: () => ({ names: [], model: "", systemPrompt: "" }),
  methods: {
    ask(names, model, systemPrompt) {
      Object.assign(this, { names, model, systemPrompt });
      this.$refs.dialog.showModal();
    },
    close() {
      this.$refs.dialog.close();
    },
    save() {
      this.close();
      this.$emit("save", [this.model, this.systemPrompt]);
    },
  },
};
