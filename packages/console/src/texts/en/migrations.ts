// Migrations.
export const migrations = {};
