// The place of one thread's messages, which takes along what it leaves behind.
export default {
  template: "<div><slot></slot></div>",
  unmounted() {
    // NiceGUI names every element in the root's $refs, and Vue keeps the names of those that are gone.
    const refs = this.$root.$refs;
    for (const name of Object.keys(refs)) if (refs[name] === null) delete refs[name];
  },
};
