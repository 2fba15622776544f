// Follows the end of its content until the reader scrolls up, and again once the reader is back at the end.
const NEAR_END = 24;

export default {
  template: `
    <div class="scroller">
      <div ref="view" class="scroller-view" tabindex="0" role="log" aria-live="off" :aria-label="label"
        @scroll.passive="onScroll">
        <div ref="column" class="column"><slot></slot></div>
      </div>
      <button v-show="isActive && !isFollowing" type="button" class="jump" @click="jump" :aria-label="jumpLabel"
        :title="jumpLabel"><i class="icon icon-down" aria-hidden="true"></i></button>
    </div>`,
  props: { label: String, jumpLabel: String },
  data: () => ({ isActive: false, isFollowing: false }),
  mounted() {
    this.lastTop = 0;
    this.observer = new ResizeObserver(() => this.isFollowing && this.toEnd());
    this.observer.observe(this.$refs.view);
    this.observer.observe(this.$refs.column);
    this.fitKeyboard = () => {
      const height = window.visualViewport.height;
      document.documentElement.style.setProperty("--viewport-height", `${height}px`);
    };
    window.visualViewport?.addEventListener("resize", this.fitKeyboard);
  },
  beforeUnmount() {
    this.observer.disconnect();
    window.visualViewport?.removeEventListener("resize", this.fitKeyboard);
  },
  methods: {
    onScroll() {
      if (!this.isActive) return;
      const view = this.$refs.view;
      const distance = view.scrollHeight - view.clientHeight - view.scrollTop;
      const moved = view.scrollTop - this.lastTop;
      this.lastTop = view.scrollTop;
      // Only the reader moves up; content that grows meanwhile must not look like it.
      if (moved < 0 && distance > 1) this.isFollowing = false;
      else if (moved > 0 && distance <= NEAR_END) this.isFollowing = true;
      else if (distance <= 1) this.isFollowing = true;
    },
    toEnd() {
      const view = this.$refs.view;
      view.scrollTop = view.scrollHeight;
      this.lastTop = view.scrollTop;
    },
    follow() {
      this.isActive = this.isFollowing = true;
      this.toEnd();
    },
    jump() {
      this.follow();
      this.$refs.view.focus({ preventScroll: true });
    },
    rest() {
      this.isActive = this.isFollowing = false;
      this.$refs.view.scrollTop = 0;
    },
  },
};
