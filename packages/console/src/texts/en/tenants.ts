// Tenants.
export const tenants = {
  title: "Tenants",
  create: "New tenant",
  search: "Search by name, slug or domain",
  columns: {
    name: "Name",
    status: "Status",
    isolation: "Isolation",
    plan: "Plan",
    created: "Created",
  },
  status: {
    provisioning: "Provisioning",
    pending: "Pending",
    active: "Active",
    readonly: "Read-only",
    suspended: "Suspended",
    deleting: "Deleting",
    archived: "Archived",
    purged: "Purged",
    failed: "Failed",
  },
  isolation: { shared: "Shared tables", schema: "Own schema", database: "Own database" },
  none: "No tenant yet",
  noneLead:
    "Each tenant is a customer of yours: a name, a host and data that nobody else can reach.",
  noneFound: "No tenant is like that",
  noneFoundLead: "Change what you search for, or take filters away.",
  clearFilters: "Show all",
};
