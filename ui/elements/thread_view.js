// The place of one thread's messages, which takes along what it leaves behind, and knows which were being edited.
const EDIT = "decant.edit/";
const MAX_CHARACTERS = 400000; // NiceGUI drops messages to the server above 1 MB

export default {
  template: "<div><slot></slot></div>",
  emits: ["edits"],
  mounted() {
    const edits = [];
    let characters = 0;
    try {
      for (const name of Object.keys(sessionStorage).filter((key) => key.startsWith(EDIT))) {
        const text = sessionStorage.getItem(name);
        characters += JSON.stringify(text).length;
        if (characters <= MAX_CHARACTERS) edits.push([name.slice(EDIT.length), text]);
      }
    } catch {}
    if (edits.length) this.$emit("edits", edits);
  },
  unmounted() {
    // NiceGUI names every element in the root's $refs, and Vue keeps the names of those that are gone.
    const refs = this.$root.$refs;
    for (const name of Object.keys(refs)) if (refs[name] === null) delete refs[name];
  },
};
