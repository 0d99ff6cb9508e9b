// Settings.
export const settings = {};
