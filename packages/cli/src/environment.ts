// What the command is told from outside: the environment, the folder it runs in and what lies there. The only reader of
// process.env.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** What is known from outside. */
export type Environment = {
  /** HESTIA_URL, or the address of the server that `npm start` runs on the data folder. */
  readonly url: string | undefined;
  /** HESTIA_OPERATOR_KEY. */
  readonly operatorKey: string | undefined;
  /** HESTIA_DATA or `.hestia`, the nearest in this folder or one above it. */
  readonly dataFolder: string | undefined;
  /** HESTIA_MIGRATIONS. */
  readonly migrations: string | undefined;
  /** DATABASE_URL. */
  readonly databaseUrl: string | undefined;
  /** All of it, for a program that the command starts. */
  readonly variables: Variables;
  /** By NO_COLOR and FORCE_COLOR; undefined where neither is set. */
  readonly colours: boolean | undefined;
};

/** The environment by names. */
export type Variables = { readonly [name: string]: string | undefined };

/** Reads the environment. */
export function readEnvironment(
  variables: Variables = process.env,
  folder: string = process.cwd(),
): Environment {
  const read = (name: string) => variables[name]?.trim() || undefined;
  const data = read("HESTIA_DATA");
  const dataFolder = findDataFolder(folder, data) ?? (data && resolve(folder, data));
  return {
    url: read("HESTIA_URL") ?? runningUrl(dataFolder),
    operatorKey: read("HESTIA_OPERATOR_KEY"),
    dataFolder,
    migrations: read("HESTIA_MIGRATIONS"),
    databaseUrl: read("DATABASE_URL"),
    variables,
    colours: read("NO_COLOR") ? false : read("FORCE_COLOR") ? true : undefined,
  };
}

function runningUrl(dataFolder: string | undefined): string | undefined {
  if (dataFolder === undefined) return undefined;
  try {
    const { url } = JSON.parse(readFileSync(join(dataFolder, "running.json"), "utf8"));
    return typeof url === "string" ? url : undefined;
  } catch {
    // Nothing runs there, or it is only starting: the default address says so better.
    return undefined;
  }
}

/** As `npm start` takes it, a relative path counts from the clone: so it is looked for in this folder and those above. */
function findDataFolder(folder: string, path = ".hestia"): string | undefined {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = resolve(at, path);
    if (existsSync(found)) return found;
    if (at === dirname(at)) return undefined;
  }
}
