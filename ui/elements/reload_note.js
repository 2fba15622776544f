const TALKING = "decant.talking";

export default {
  template: `<p class="reload-note"><span v-if="isReloaded" role="status">{{ text }}</span></p>`,
  props: { text: String },
  data: () => ({ isReloaded: sessionStorage.getItem(TALKING) === "1" }),
  mounted() {
    this.remember(false);
  },
  methods: {
    remember(isTalking) {
      sessionStorage.setItem(TALKING, isTalking ? "1" : "0");
      if (isTalking) this.isReloaded = false;
    },
  },
};
