// The isolation check as a command. It ends with 1 when something leaked, or could not be proven; Ctrl-C ends it early,
// and the scratch copy is removed all the same.
import { readFile, writeFile } from "node:fs/promises";
import { type IsolationModel, isolationModels } from "@hestia/core";
import {
  type CheckOptions,
  checkIsolation,
  type IsolationReport,
  isProven,
  toHtml,
  toJson,
  toJunit,
} from "@hestia/testkit";
import { parseList, refuseOption } from "./arguments.ts";
import type { CommonOptions, Context } from "./context.ts";
import { Exit, interruptedCode } from "./exit-codes.ts";
import { isolationText } from "./isolation-text.ts";
import { findPlatformUrl } from "./platform-url.ts";

/** The options of the command. */
export type IsolationOptions = CommonOptions & {
  readonly databaseUrl?: string;
  readonly dir?: string;
  readonly model?: string;
  readonly full?: boolean;
  readonly setup?: string;
  readonly openapi?: string;
  readonly start?: string;
  readonly baseUrl?: string;
  readonly junit?: string;
  readonly html?: string;
};

/** Checks the application, prints and writes what was found. */
export async function checkIsolationOf(context: Context, options: IsolationOptions): Promise<void> {
  const { output } = context;
  const models = parseModels(options.model);
  const setup =
    options.setup === undefined ? undefined : await readOption("--setup", options.setup);
  const report = await interruptible(context, {
    databaseUrl: findPlatformUrl(context, options.databaseUrl),
    full: options.full ?? false,
    ...(options.dir === undefined ? {} : { migrations: options.dir }),
    ...(models === undefined ? {} : { models }),
    ...(setup === undefined ? {} : { setup }),
    ...routeOptions(context, options),
  });
  if (options.junit !== undefined) await writeFile(options.junit, toJunit(report));
  if (options.html !== undefined) await writeFile(options.html, toHtml(report));
  if (options.json) output.printJson(toJson(report));
  else output.print(isolationText(report, output));
  if (!isProven(report)) throw new Exit(1);
}

/** An application that runs already is connected to real tenants: it is started anew, on the copy. */
function routeOptions(
  { environment }: Context,
  { openapi, start, baseUrl }: IsolationOptions,
): Pick<CheckOptions, "openapi" | "start"> {
  const given = [openapi, start, baseUrl].filter((each) => each !== undefined).length;
  if (given === 0) return {};
  if (openapi === undefined || start === undefined || baseUrl === undefined)
    return refuseOption(
      "--openapi",
      "Routes need --openapi, --start and --base-url together: the application is started on the scratch copy, since one that runs is connected to real tenants.",
    );
  return {
    openapi,
    start: { command: start, baseUrl, environment: environment.variables },
  };
}

/** The first Ctrl-C ends the check and has the copy removed, a second one the process. */
async function interruptible({ output }: Context, options: CheckOptions): Promise<IsolationReport> {
  const ended = new AbortController();
  const end = () => {
    output.note("Ending; the scratch copy is being removed.");
    ended.abort();
  };
  for (const signal of signals) process.once(signal, end);
  try {
    return await checkIsolation({ ...options, signal: ended.signal, onProgress: teller(output) });
  } catch (error) {
    if (ended.signal.aborted) throw new Exit(interruptedCode);
    throw error;
  } finally {
    for (const signal of signals) process.off(signal, end);
    output.live([]);
  }
}

const signals = ["SIGINT", "SIGTERM"] as const;

/** On a terminal a bar; elsewhere a line for each thing that is begun. */
function teller(output: Context["output"]): NonNullable<CheckOptions["onProgress"]> {
  return (text, done, total) => {
    if (!output.isLive && total === 0) output.note(text);
    const width = 24;
    const full = total === 0 ? 0 : Math.round((done / total) * width);
    const bar = total === 0 ? "" : `${"━".repeat(full)}${"╌".repeat(width - full)} `;
    output.live([`${output.noteColours.cyan("▸")} ${bar}${text}`]);
  };
}

function parseModels(text: string | undefined): IsolationModel[] | undefined {
  const models = parseList<IsolationModel>(text);
  const unknown = models?.find((model) => !isolationModels.includes(model));
  if (unknown !== undefined)
    refuseOption("--model", `"${unknown}" is none of ${isolationModels.join(", ")}.`);
  return models;
}

async function readOption(option: string, file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    return refuseOption(option, `${file} cannot be read: ${(error as Error).message}.`);
  }
}
