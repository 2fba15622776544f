export default {
  template: `
    <dialog ref="dialog" class="dialog" aria-labelledby="settings-title" @pointerdown="onPress" @click.self="onBackdrop"
      @cancel="onCancel">
      <form class="dialog-card" @submit.prevent="save">
        <h2 id="settings-title">{{ texts.title }}</h2>
        <label v-if="names.length">{{ texts.model }}
          <span class="model-choice"><select v-model="model">
            <option v-for="name in names" :key="name" :value="name">{{ name }}</option></select>
            <i class="icon icon-down" aria-hidden="true"></i></span></label>
        <label>{{ texts.system_prompt }}
          <textarea v-model="systemPrompt" rows="6" dir="auto" :maxlength="maxCharacters"
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
      Object.assign(this, { names, model, systemPrompt, before: [model, systemPrompt] });
      this.$refs.dialog.showModal();
    },
    // What was written is not thrown away by a click beside it, by a selection that ends there, or by Escape.
    isChanged() {
      return this.model !== this.before[0] || this.systemPrompt !== this.before[1];
    },
    onPress(event) {
      this.pressed = event.target;
    },
    onBackdrop() {
      if (this.pressed === this.$refs.dialog && !this.isChanged()) this.close();
    },
    onCancel(event) {
      if (this.isChanged()) event.preventDefault();
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
