// Tenant.
export const tenant = {};
