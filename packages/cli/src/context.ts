// What every command is given: where it writes to and what it knows from outside.
import type { Environment } from "./environment.ts";
import type { Output } from "./output.ts";

/** What a command works with. */
export type Context = { readonly output: Output; readonly environment: Environment };

/** The options of every command. */
export type CommonOptions = { readonly json?: boolean };

/** The options of every command that asks the server. */
export type ServerOptions = CommonOptions & { readonly url?: string };
