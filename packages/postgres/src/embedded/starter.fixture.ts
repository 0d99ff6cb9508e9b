// Run by the tests as a process of its own that they can kill: starts the server of a folder and stays.
import { startEmbedded } from "./index.ts";

const [dataDir = ""] = process.argv.slice(2);
const { url, pid, port, attached, dataDir: data } = await startEmbedded({ dataDir });
process.send?.({ url, pid, port, attached, dataDir: data });
