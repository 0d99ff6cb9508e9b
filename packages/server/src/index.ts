// The public names of @hestia/server: starting a server within a process. `main.ts` is the program.
export { type Ready, type Server, type ServerOptions, startServer } from "./app.ts";
export { type Config, type Environment, parseConfig } from "./config.ts";
export { prepareQueue } from "./engine/queue.ts";
export { openLog } from "./log.ts";
