// The dialog with the MCP servers: how they stand, what they offer, and what this chat uses of it.
export default {
  template: `
    <dialog ref="dialog" class="dialog" aria-labelledby="tools-title" @pointerdown="pressed = $event.target"
      @click.self="pressed === $refs.dialog && $refs.dialog.close()">
      <div class="dialog-card tools-panel">
        <h2 id="tools-title">{{ texts.title }}</h2>
        <p>{{ texts.hint }}</p>
        <p v-if="problem" role="alert">{{ problem }}</p>
        <p v-if="!servers" role="status">{{ texts.loading }}</p>
        <p v-else-if="!servers.length">{{ texts.none }}</p>
        <section v-for="server in servers" :key="server.name" class="tool-server-card" :aria-label="server.title">
          <header>
            <label><input type="checkbox" :checked="isOn(server.name)" @change="toggle(server.name)">
              <bdi>{{ server.title }}</bdi></label>
            <span class="tool-server-state" :class="'is-' + server.status">{{ texts.states[server.status] || server.status }}</span>
            <button type="button" class="button" @click="$emit('reconnect', server.name)">{{ texts.reconnect }}</button>
          </header>
          <p v-if="server.error" class="tool-server-error" dir="auto">{{ server.error }}</p>
          <ul>
            <li v-for="tool in server.tools" :key="tool.name">
              <label><input type="checkbox" :disabled="!isOn(server.name) || tool.policy === 'never'"
                :checked="isOn(server.name) && tool.policy !== 'never' && isOn(server.name + '/' + tool.name)"
                @change="toggle(server.name + '/' + tool.name)">
                <bdi>{{ tool.title }}</bdi></label>
              <span v-if="isApproved(server, tool)" class="tool-policy">{{ texts.approved }}
                <button type="button" class="button" :aria-label="texts.revoke + ': ' + tool.title"
                  @click="revoke(server, tool)">{{ texts.revoke }}</button></span>
              <span v-else class="tool-policy">{{ texts.policies[tool.policy] || tool.policy }}</span>
              <p v-if="tool.description" dir="auto">{{ tool.description }}</p>
            </li>
          </ul>
        </section>
        <div class="editor-buttons">
          <button type="button" class="button button-accent" @click="$refs.dialog.close()">{{ texts.close }}</button>
        </div>
      </div>
    </dialog>`,
  props: { texts: Object },
  emits: ["change", "reconnect", "revoke"],
  data: () => ({ servers: null, off: [], approved: [], problem: "", pressed: null }),
  methods: {
    ask(off) {
      Object.assign(this, { off, servers: null, approved: [], problem: "" });
      this.$refs.dialog.showModal();
    },
    show(servers) {
      this.servers = servers;
      this.problem = "";
    },
    showApproved(names) {
      this.approved = names;
    },
    isApproved(server, tool) {
      return tool.policy === "ask" && this.approved.includes(`${server.name}/${tool.name}`);
    },
    // What is said next comes from the API: until then it is as it was.
    revoke(server, tool) {
      this.$emit("revoke", { server: server.name, tool: tool.name });
    },
    fail(sentence) {
      this.problem = sentence;
      this.servers ??= [];
    },
    isOpen() {
      return this.$refs.dialog.open;
    },
    isOn(name) {
      return !this.off.includes(name);
    },
    toggle(name) {
      this.off = this.isOn(name) ? [...this.off, name] : this.off.filter((other) => other !== name);
      this.$emit("change", this.off);
    },
  },
};
