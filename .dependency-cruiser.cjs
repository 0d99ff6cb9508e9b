// Who may import whom. Every package imports only the packages named for it, through their entry points.
const packagesAllowed = {
  core: [],
  api: ["core"],
  postgres: ["core"],
  middleware: ["core", "postgres"],
  // The server has the testkit attack a copy of what it serves, never what it serves itself.
  server: ["core", "api", "postgres", "middleware", "testkit"],
  testkit: ["core", "api", "postgres"],
  console: ["core", "api"],
  cli: ["core", "api", "postgres", "testkit"],
};

// The files that packages export, and that others may therefore import.
const entryPoints =
  "^packages/[^/]+/src/(index|fastify|express|hono|fetch|token|cache|files|log|trace|prisma|typeorm|(cluster|doctor|embedded|jobs|platform)/index)\\.ts$";

const directions = Object.entries(packagesAllowed).map(([name, allowed]) => ({
  name: `${name}-imports-only-${allowed.join("-") || "nothing"}`,
  severity: "error",
  // The console runs in a browser; its tests start the server that it speaks to.
  from: { path: name === "console" ? "^packages/console/src/" : `^packages/${name}/` },
  to: {
    path: "^packages/",
    pathNot: [name, ...allowed].map((each) => `^packages/${each}/`),
  },
}));

module.exports = {
  forbidden: [
    ...directions,
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "core-does-no-io",
      severity: "error",
      from: { path: "^packages/(core|api)/src/", pathNot: "\\.test\\.ts$" },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "examples-and-benches-use-public-packages",
      severity: "error",
      from: { path: "^(examples|bench)/" },
      to: {
        path: "^(packages/[^/]+/src/.+)",
        pathNot: entryPoints,
      },
    },
    {
      name: "no-deep-imports-across-packages",
      severity: "error",
      from: { path: "^packages/([^/]+)/" },
      to: {
        path: "^packages/[^/]+/src/.+",
        pathNot: ["^packages/$1/", entryPoints],
      },
    },
    { name: "nothing-unresolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
    {
      name: "tests-are-not-imported",
      severity: "error",
      from: { path: "^packages/[^/]+/src/", pathNot: "\\.(test|test-d|fixture)\\.ts$" },
      to: { path: "(\\.(test|fixture)\\.ts$|^test/)" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)node_modules/(?!@hestia/)|^packages/console/dist/" },
    parser: "swc",
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "default", "types"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".json"],
    },
  },
};
