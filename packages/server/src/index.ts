// The public names of @hestia/server: starting a server within a process. `main.ts` is the program.
export {
  type NewOperation,
  type Ready,
  type Server,
  type ServerOptions,
  startServer,
} from "./app.ts";
export { type Config, type Environment, parseConfig } from "./config.ts";
export { type Job, type OperationDefinition, type Step, step } from "./engine/kinds.ts";
export { prepareQueue } from "./engine/queue.ts";
export { type Subscriber, subscriber } from "./events/subscribers.ts";
export { openLog } from "./log.ts";
export { ownOperations } from "./operation-kinds.ts";
export type { Platform } from "./platform.ts";
