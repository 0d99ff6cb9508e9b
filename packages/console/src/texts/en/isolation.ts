// Isolation.
export const isolation = {};
