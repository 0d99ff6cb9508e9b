// What the command is told from outside: the environment, the folder it runs in and what lies there. The only reader of
// process.env.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What is known from outside. */
export type Environment = {
  /** HESTIA_URL. */
  readonly url: string | undefined;
  /** HESTIA_OPERATOR_KEY. */
  readonly operatorKey: string | undefined;
  /** HESTIA_DATA, or the nearest `.hestia` in this folder or one above it. */
  readonly dataFolder: string | undefined;
  /** HESTIA_MIGRATIONS. */
  readonly migrations: string | undefined;
  /** DATABASE_URL. */
  readonly databaseUrl: string | undefined;
  /** By NO_COLOR and FORCE_COLOR; undefined where neither is set. */
  readonly colours: boolean | undefined;
};

type Variables = { readonly [name: string]: string | undefined };

/** Reads the environment. */
export function readEnvironment(
  variables: Variables = process.env,
  folder: string = process.cwd(),
): Environment {
  const read = (name: string) => variables[name]?.trim() || undefined;
  const data = read("HESTIA_DATA");
  return {
    url: read("HESTIA_URL"),
    operatorKey: read("HESTIA_OPERATOR_KEY"),
    dataFolder: data === undefined ? findDataFolder(folder) : resolve(folder, data),
    migrations: read("HESTIA_MIGRATIONS"),
    databaseUrl: read("DATABASE_URL"),
    colours: read("NO_COLOR") ? false : read("FORCE_COLOR") ? true : undefined,
  };
}

function findDataFolder(folder: string): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = join(at, ".hestia");
    if (existsSync(found)) return found;
    if (at === dirname(at)) return undefined;
  }
}
