// The supervisor with stand-ins for its two children, run by the tests as a process of its own that they can kill.
import { fileURLToPath } from "node:url";
import { main } from "./main.ts";

const child = fileURLToPath(new URL("./child.fixture.ts", import.meta.url));
process.exit(
  await main({ server: [child, "server"], example: [child, "example"] }, async () => {}),
);
