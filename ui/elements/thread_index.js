const SEARCH_PAUSE = 250;

export default {
  template: `
    <div class="thread-index">
      <label class="search"><i class="icon icon-search" aria-hidden="true"></i>
        <input type="search" dir="auto" :placeholder="texts.search" :aria-label="texts.search" v-model="query" @input="onInput"
          @keydown.esc="onSearchEscape"></label>
      <nav ref="threads" class="threads" :aria-label="label">
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
                <a :href="address(thread)" :data-id="thread.id" :aria-current="thread.id === shown.active ? 'page' : null"
                  :title="thread.title" @click="open($event, thread)">
                  <span dir="auto">{{ thread.title || texts.untitled }}</span>
                  <span v-if="thread.id === shown.running" class="running-dot" role="img" :aria-label="texts.running">
                  </span></a>
                <button type="button" class="button icon-button" :aria-label="name(texts.rename, thread)"
                  :title="texts.rename" @click="renamed = thread.id">
                  <i class="icon icon-edit" aria-hidden="true"></i></button>
                <button type="button" class="button icon-button" :aria-label="name(texts.delete, thread)"
                  :title="texts.delete" @click="remove(thread)">
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
  emits: ["open", "delete", "undo", "rename", "search", "more", "zone"],
  data: () => ({ query: "", renamed: null }),
  mounted() {
    this.$emit("zone", -new Date().getTimezoneOffset());
    this.observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && this.$emit("more"));
    this.watchMore();
    document.addEventListener("keydown", this.onKeydown);
  },
  updated() {
    this.watchMore();
    this.leaveRemoved();
  },
  beforeUnmount() {
    this.observer.disconnect();
    document.removeEventListener("keydown", this.onKeydown);
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
    // Outside of fields, whose own it is, this key brings back the chat that was deleted last.
    onKeydown(event) {
      const isUndo = event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
      if (!isUndo || event.target.closest("input, textarea, select, dialog") || !document.querySelector(".toast")) return;
      event.preventDefault(); // the browser would undo the last change of a field, and go there
      this.$emit("undo");
    },
    remove(thread) {
      const links = this.links();
      const at = links.findIndex((link) => link.dataset.id === thread.id);
      this.removed = { id: thread.id, next: (links[at + 1] ?? links[at - 1])?.dataset.id };
      this.$emit("delete", thread.id);
    },
    // The row that had the focus is gone: it goes to the row in its place.
    leaveRemoved() {
      if (!this.removed || this.linkOf(this.removed.id)) return;
      const { next } = this.removed;
      this.removed = null;
      if (document.activeElement === document.body || this.$el.contains(document.activeElement)) this.focus(next);
    },
    links() {
      return [...this.$refs.threads.querySelectorAll("a[data-id]")];
    },
    linkOf(id) {
      return this.links().find((link) => link.dataset.id === id);
    },
    focus(id) {
      (this.linkOf(id) ?? this.links()[0] ?? this.$el.querySelector("input")).focus();
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
      this.$nextTick(() => this.focus(thread.id));
    },
    rename(title, thread) {
      if (this.renamed !== thread.id) return;
      this.renamed = null;
      if (title.trim() && title.trim() !== thread.title) this.$emit("rename", [thread.id, title]);
    },
  },
};
