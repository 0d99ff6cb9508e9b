// Fleet.
export const fleet = {
  title: "Fleet",
  loading: "Counting the fleet",
  total: { one: "1 tenant", other: "{count} tenants" },
  ended: "{count} purged besides",
  attention: {
    title: "Needs somebody",
    none: "Nothing needs you.",
    findings: {
      one: "The latest isolation check has 1 finding",
      other: "The latest isolation check has {count} findings",
    },
    stuck: {
      one: "1 operation is stuck: it comes no further by itself",
      other: "{count} operations are stuck: they come no further by themselves",
    },
    failedTenants: {
      one: "1 tenant could not be provisioned",
      other: "{count} tenants could not be provisioned",
    },
    failedTargets: {
      one: "1 target did not get its migrations",
      other: "{count} targets did not get their migrations",
    },
    reviews: {
      one: "The suspension of 1 tenant has to be reviewed",
      other: "The suspensions of {count} tenants have to be reviewed",
    },
    pending: {
      one: "1 tenant waits for verification",
      other: "{count} tenants wait for verification",
    },
    held: "A roll-out holds, and waits for you to continue",
  },
  tenants: {
    byStatus: "Tenants by status",
    byIsolation: "Tenants by isolation model",
    status: "Status",
    isolation: "Isolation model",
    count: "Tenants",
  },
  operations: {
    title: "Operations",
    running: "Running",
    queued: "Queued",
    failed: "Failed in seven days",
    stuck: "Stuck",
    under: "Under way",
    idle: "Nothing is under way.",
    all: "All operations",
  },
  migrations: {
    title: "Migrations",
    all: "All migrations",
    current: "Every target is current.",
    behind: { one: "1 target is behind.", other: "{count} targets are behind." },
    none: "No migration is stored yet.",
  },
  isolation: {
    title: "Isolation check",
    none: "No check yet",
    lead: "It attacks a scratch copy of your application, tenant against tenant, and weakens the protection to see that the attacks would tell.",
    all: "Isolation",
  },
  events: {
    title: "Recent events",
    none: "Nothing has happened yet.",
  },
  first: {
    title: "Three steps to your first tenant",
    lead: "Nobody lives here yet.",
    migrations: "Store your migrations",
    migrationsLead:
      "Plain SQL, written as if there were one tenant. Each new tenant gets what is stored.",
    tenant: "Create a tenant",
    tenantLead: "A name and a slug are enough. It is ready in a moment.",
    isolation: "Prove that tenants cannot reach each other",
    isolationLead: "The check attacks a copy of your application, and says what would get through.",
    done: "Done",
  },
};
