// Settings.
export const settings = {
  title: "Settings",
  keys: {
    title: "Operator keys",
    lead: "Who may enter. A key is shown once, when it is made; what is kept is only its digest.",
    create: "New key",
    columns: { name: "Name", created: "Created", state: "State", id: "Id", actions: "Actions" },
    own: "yours",
    open: "Open",
    revoked: "Revoked",
    revoke: "Revoke",
    revokeNamed: "Revoke {name}",
    command: "npx --no hestia keys create NAME",
  },
  newKey: {
    title: "New operator key",
    name: "Whose is it, or what is it for?",
    nameLead: "It stands in the audit log beside everything that is done with the key.",
    submit: "Create the key",
    shown:
      "This is the key. It is shown this once and cannot be had again: put it where its owner finds it, and nobody else does.",
    done: "I have kept it",
  },
  revoke: {
    title: "Revoke {name}",
    lead: "It opens nothing any more, from the next request on, and its sessions end. It cannot be let in again; make another key instead.",
    own: "This is the key that you are signed in with: you will be signed out at once. Be sure that you have another.",
    submit: "Revoke the key",
    done: "{name} is revoked.",
    gone: "There is no such key on this page; it may be revoked already.",
  },
  sessions: {
    title: "Your sessions",
    lead: "Browsers that are signed in with your key, {name}. A session ends after twelve hours, or two without use.",
    columns: { began: "Began", used: "Last used", ends: "Ends", which: "Which" },
    current: "This one",
    other: "Another browser",
    everywhere: "Sign out everywhere",
    confirm:
      "All {count} sessions of your key end, this one too. The key itself still opens: revoke it where it may be known to others.",
    confirmOne:
      "This session ends. The key itself still opens: revoke it where it may be known to others.",
  },
  about: {
    title: "About",
    version: "Hestia",
    node: "Node",
    postgres: "PostgreSQL",
    isolation: "Isolation",
    full: "Full: every way between tenants is closed",
    reduced: "Reduced: it lacks what is listed here",
    license: "Licence",
    documents: "Documents",
    reference: "API reference",
    openapi: "OpenAPI document",
  },
};
