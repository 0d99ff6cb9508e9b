// Operations.
export const operations = {};
