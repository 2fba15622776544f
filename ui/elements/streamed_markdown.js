// Draws units of HTML that StreamedMarkdown sends: each frame replaces or appends the units that changed.
import { Units, onClick } from "decant-markdown";

export default {
  template: "<div></div>",
  props: { shown: Object, whole: Boolean },
  mounted() {
    this.$el.addEventListener("click", onClick);
    this.restore(this.shown);
    // What arrived with the page may be old by now: a growing text asks for the frames it has missed.
    if (!this.shown.is_complete) this.$emit("resync", this.seq);
  },
  methods: {
    restore({ seq, units }) {
      if (seq === this.seq) return;
      this.seq = seq;
      this.units = new Units(this.$el, this.whole);
      this.units.change(0, units.flatMap((unit) => [0, 0, unit]));
    },
    draw(seq, dropped, ...patches) {
      if (seq <= this.seq) return;
      if (seq > this.seq + 1) {
        this.$emit("resync", this.seq);
        return;
      }
      this.seq = seq;
      this.units.change(dropped, patches);
    },
  },
};
