const SEARCH_PAUSE = 250;

export default {
  template: `
    <div class="thread-index">
      <label class="search"><i class="icon icon-search" aria-hidden="true"></i>
        <input type="search" dir="auto" :placeholder="texts.search" :aria-label="texts.search" v-model="query" @input="onInput"
          @keydown.esc="onSearchEscape"></label>
      <nav class="threads" :aria-label="label">
        <p v-if="shown.groups && !shown.groups.length" class="threads-note">
          {{ query.trim() ? texts.nothing : texts.empty }}</p>
        <section v-for="group in shown.groups" :key="group.label">
          <h2>{{ group.label }}</h2>
          <ul>
            <li v-for="thread in group.threads" :key="thread.id" :class="{ active: thread.id === shown.active }">
              <input v-if="thread.id === renamed" class="rename" dir="auto" :value="thread.title" :maxlength="maxTitle"
                :aria-label="texts.title" @vue:mounted="onRenameShown" @keydown="onRenameKey($event, thread)"
                @blur="rename($event.target.value, thread)">
              <template v-else>
                <a :href="address(thread)" :aria-current="thread.id === shown.active ? 'page' : null"
                  :title="thread.title" @click="open($event, thread)">
                  <span dir="auto">{{ thread.title || texts.untitled }}</span>
                  <span v-if="thread.id === shown.running" class="running-dot" role="img" :aria-label="texts.running">
                  </span></a>
                <button type="button" class="button icon-button" :aria-label="name(texts.rename, thread)"
                  :title="texts.rename" @click="renamed = thread.id">
                  <i class="icon icon-edit" aria-hidden="true"></i></button>
                <button type="button" class="button icon-button" :aria-label="name(texts.delete, thread)"
                  :title="texts.delete" @click="$emit('delete', thread.id)">
                  <i class="icon icon-delete" aria-hidden="true"></i></button>
              </template>
            </li>
          </ul>
        </section>
        <button v-if="shown.has_more" ref="more" type="button" class="button more" @click="$emit('more')">
          {{ texts.more }}</button>
      </nav>
    </div>`,
  props: { shown: Object, texts: Object, label: String, maxTitle: Number },
  emits: ["open", "delete", "rename", "search", "more", "zone"],
  data: () => ({ query: "", renamed: null }),
  mounted() {
    this.$emit("zone", -new Date().getTimezoneOffset());
    this.observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.$emit("more"));
    this.watchMore();
  },
  updated() {
    this.watchMore();
  },
  beforeUnmount() {
    this.observer.disconnect();
    clearTimeout(this.timer);
  },
  methods: {
    watchMore() {
      this.observer.disconnect();
      if (this.$refs.more) this.observer.observe(this.$refs.more);
    },
    address(thread) {
      return `${window.path_prefix}/t/${thread.id}`;
    },
    name(action, thread) {
      return `${action}: ${thread.title || this.texts.untitled}`;
    },
    open(event, thread) {
      if (event.metaKey || event.ctrlKey || event.shiftKey) return;
      event.preventDefault();
      this.$emit("open", thread.id);
    },
    onInput() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.$emit("search", this.query), SEARCH_PAUSE);
    },
    onSearchEscape(event) {
      if (!this.query) return;
      event.preventDefault();
      this.query = "";
      this.onInput();
    },
    onRenameShown(node) {
      node.el.focus();
      node.el.select();
    },
    onRenameKey(event, thread) {
      if (event.isComposing || event.keyCode === 229 || !["Enter", "Escape"].includes(event.key)) return;
      event.preventDefault();
      if (event.key === "Enter") this.rename(event.target.value, thread);
      this.renamed = null;
    },
    rename(title, thread) {
      if (this.renamed !== thread.id) return;
      this.renamed = null;
      if (title.trim() && title.trim() !== thread.title) this.$emit("rename", [thread.id, title]);
    },
  },
};
