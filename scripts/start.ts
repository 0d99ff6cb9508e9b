// What `npm start` runs: a supervisor of three, the embedded PostgreSQL (unless DATABASE_URL is set), the control plane
// and the example. It starts them in this order, restarts what dies, and stops them in the opposite order.
//
// The children and the supervisor speak by Node's IPC channel (`process.send`):
//   packages/server/src/main.ts   sends { kind: "ready", url, operatorKey?, firstRun, directoryUrl } once it listens;
//                                 operatorKey on the first run alone
//   examples/strikes/src/main.ts  sends { kind: "progress", text } while it loads, then
//                                 { kind: "ready", tenants: [{ slug, name, isolation, url }] }
// Both exit by themselves on `process.on("disconnect", …)` (the supervisor is gone) and on SIGTERM, within fifteen seconds.
// A child that ends with a code before its first "ready" has said why on stderr, and everything stops.
// What they get in their environment stands in start/environment.ts.
import { enableCompileCache } from "node:module";

const major = Number.parseInt(process.versions.node, 10);
if (major < 24) {
  process.stderr.write(
    `Hestia runs on Node 24 or newer and this is ${process.versions.node}; run it by npm start, which brings one, or get one from https://nodejs.org.\n`,
  );
  process.exit(1);
}
enableCompileCache();
const { main } = await import("./start/main.ts");
process.exit(await main());
