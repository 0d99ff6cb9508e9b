// Stands for a module that is imported and never used.
const none = undefined;

export { none as default };
