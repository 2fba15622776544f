export default {
  template: `
    <dialog ref="dialog" class="dialog" aria-labelledby="settings-title" @pointerdown="onPress" @click.self="onBackdrop"
      @keydown.esc="onCancel" @cancel="onCancel" @close="onClose">
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
        <p v-if="isHeld" role="alert">{{ texts.unsaved }}</p>
        <div class="editor-buttons">
          <button type="button" class="button" @click="leave">{{ texts.cancel }}</button>
          <button type="submit" class="button button-accent">{{ texts.save }}</button>
        </div>
      </form>
    </dialog>`,
  props: { texts: Object, maxCharacters: Number },
  emits: ["save"],
  data: () => ({ names: [], model: "", systemPrompt: "", isHeld: false }),
  methods: {
    ask(names, model, systemPrompt) {
      const before = [model, systemPrompt];
      const kept = this.kept?.before.join("\0") === before.join("\0") ? this.kept : {};
      Object.assign(this, { names, model, systemPrompt, before, isHeld: false, ...kept, kept: null });
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
      if (this.pressed !== this.$refs.dialog) return;
      this.isHeld = this.isChanged();
      if (!this.isHeld) this.leave();
    },
    onCancel(event) {
      if (event.isComposing) return;
      this.isHeld = this.isChanged();
      if (this.isHeld) event.preventDefault();
    },
    // A browser may close a dialog whatever the page says, as the way back of a phone does.
    onClose() {
      const { before, model, systemPrompt } = this;
      if (!this.isLeft && this.isChanged()) this.kept = { before, model, systemPrompt };
      this.isLeft = false;
    },
    leave() {
      this.isLeft = true;
      this.$refs.dialog.close();
    },
    save() {
      this.leave();
      this.$emit("save", [this.model, this.systemPrompt]);
    },
  },
};
