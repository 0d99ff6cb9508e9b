// Webhooks.
export const webhooks = {};
