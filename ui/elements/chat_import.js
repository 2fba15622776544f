export default {
  template: `<input ref="file" type="file" accept=".json,application/json" hidden @change="onChoose">`,
  props: { maxBytes: Number, tooLarge: String, unsent: String },
  emits: ["imported", "refused"],
  mounted() {
    this.onDragOver = (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault();
    this.onDrop = (event) => {
      const file = event.dataTransfer?.files[0];
      if (!file) return;
      event.preventDefault();
      this.send(file);
    };
    window.addEventListener("dragover", this.onDragOver);
    window.addEventListener("drop", this.onDrop);
  },
  beforeUnmount() {
    window.removeEventListener("dragover", this.onDragOver);
    window.removeEventListener("drop", this.onDrop);
  },
  methods: {
    ask() {
      this.$el.click();
    },
    onChoose() {
      const file = this.$el.files[0];
      if (file) this.send(file);
      this.$el.value = "";
    },
    async send(file) {
      if (file.size > this.maxBytes) {
        this.$emit("refused", this.tooLarge);
        return;
      }
      try {
        const headers = { "Content-Type": "application/json" };
        const response = await fetch(`${window.path_prefix}/import`, { method: "POST", headers, body: file });
        const { thread_id, error } = await response.json();
        thread_id ? this.$emit("imported", thread_id) : this.$emit("refused", error);
      } catch {
        this.$emit("refused", this.unsent);
      }
    },
  },
};
