const CHOICE = "decant.model";

export default {
  template: `
    <span v-if="names.length === 1" class="model-label" :title="label">{{ names[0] }}</span>
    <label v-else-if="names.length" class="model-choice">
      <span class="sr-only">{{ label }}</span>
      <select :value="chosen" @change="choose($event.target.value)">
        <option v-for="name in names" :key="name" :value="name">{{ name }}</option>
      </select>
      <i class="icon icon-down" aria-hidden="true"></i>
    </label>
    <span v-else></span>`,
  props: { label: String, names: Array, default: String, threadModel: String },
  emits: ["choose", "prefer"],
  data: () => ({ stored: null }),
  computed: {
    chosen() {
      const model = this.threadModel ?? this.stored;
      return this.names.includes(model) ? model : this.default;
    },
  },
  mounted() {
    try {
      this.stored = localStorage.getItem(CHOICE);
    } catch {}
  },
  watch: {
    names() {
      if (this.names.includes(this.stored)) this.$emit("prefer", this.stored);
    },
  },
  methods: {
    choose(name) {
      this.stored = name;
      try {
        localStorage.setItem(CHOICE, name);
      } catch {}
      this.$emit("choose", name);
    },
  },
};
