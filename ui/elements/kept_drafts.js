// What is written into a card and not sent survives a reload, in this tab: a click may be lost with its connection. Of
// each kind of card the latest are kept, for what is decided elsewhere leaves its draft behind. The browser may refuse:
// storage full or switched off.
const MAX_CHARACTERS = 200000;
const MOST_KEPT = 20;

export function readDraft(kind, draft) {
  return read(nameOf(kind, draft));
}

// Null forgets it, and so does one that is too long.
export function keepDraft(kind, draft, fields) {
  try {
    const written = fields && JSON.stringify({ ...fields, at: Date.now() });
    if (!written || written.length > MAX_CHARACTERS) sessionStorage.removeItem(nameOf(kind, draft));
    else {
      sessionStorage.setItem(nameOf(kind, draft), written);
      makeRoom(kind);
    }
  } catch {}
}

function makeRoom(kind) {
  const names = Object.keys(sessionStorage).filter((name) => name.startsWith(nameOf(kind, "")));
  names.sort((one, other) => (read(other).at ?? 0) - (read(one).at ?? 0));
  names.slice(MOST_KEPT).forEach((name) => sessionStorage.removeItem(name));
}

function read(name) {
  try {
    return JSON.parse(sessionStorage.getItem(name)) ?? {};
  } catch {
    return {};
  }
}

function nameOf(kind, draft) {
  return `decant.${kind}/${draft}`;
}
