// The tree of commands. Only what is called is loaded: the rest is a name and a line of help, so that `--help` and
// mistakes are answered at once.
import { Command } from "commander";
import type { Context } from "./context.ts";
import { packageVersion } from "./version.ts";

type Noun = {
  readonly summary: string;
  readonly load: () => Promise<(command: Command, context: Context) => void>;
};

const nouns: { readonly [name: string]: Noun } = {
  tenants: {
    summary: "create, look at, change, suspend and delete tenants",
    load: async () => (await import("./tenant-commands.ts")).addTenantCommands,
  },
  holds: {
    summary: "keep tenants from being deleted, by legal holds",
    load: async () => (await import("./end-commands.ts")).addHoldCommands,
  },
  plans: {
    summary: "create, look at, change and delete what tenants subscribe to",
    load: async () => (await import("./plan-commands.ts")).addPlanCommands,
  },
  operations: {
    summary: "look at, follow, cancel and retry long work",
    load: async () => (await import("./operation-commands.ts")).addOperationCommands,
  },
  migrate: {
    summary: "apply the application's migrations to every tenant",
    load: async () => (await import("./migrate-commands.ts")).addMigrateCommands,
  },
  clusters: {
    summary: "look at the PostgreSQL servers, and at what is made ahead there",
    load: async () => (await import("./cluster-commands.ts")).addClusterCommands,
  },
  webhooks: {
    summary: "send events elsewhere, see what became of them, and send them again",
    load: async () => (await import("./webhook-commands.ts")).addWebhookCommands,
  },
  audit: {
    summary: "see who did what, when and why",
    load: async () => (await import("./audit-commands.ts")).addAuditCommands,
  },
  keys: {
    summary: "let operators in, and no more",
    load: async () => (await import("./key-commands.ts")).addKeyCommands,
  },
  doctor: {
    summary: "examine what isolation rests on, item by item",
    load: async () => (await import("./doctor-command.ts")).addDoctorCommand,
  },
  isolation: {
    summary: "attack a copy of the application, to prove that tenants are kept apart",
    load: async () => (await import("./isolation-commands.ts")).addIsolationCommands,
  },
};

const environmentHelp = `
Environment:
  HESTIA_URL           the server's address (http://127.0.0.1:4378)
  HESTIA_OPERATOR_KEY  the operator's key; without it, the one in the nearest .hestia folder
  HESTIA_DATA          another folder than the nearest .hestia
  HESTIA_MIGRATIONS    the folder of the application's migrations
  DATABASE_URL         the platform's database, for the doctor and the isolation check
  NO_COLOR             no colours

Exit codes: 0 done, 1 unexpected, 2 invalid, 3 not permitted, 4 not found, 5 conflict, 6 limited, 7 unavailable.`;

/** Makes the program, with the command that the arguments name filled in. */
export async function makeProgram(context: Context, words: readonly string[]): Promise<Command> {
  const program = new Command("hestia")
    .description("Hestia: tenants, their isolation and everything about them.")
    .version(packageVersion(), "--version", "print the version")
    .helpOption("-h, --help", "print help")
    .helpCommand("help [command]", "print a command's help")
    .addHelpText("after", environmentHelp);
  settle(program);
  const named = words.find((word) => Object.hasOwn(nouns, word));
  for (const [name, { summary, load }] of Object.entries(nouns)) {
    const command = program
      .command(name)
      .summary(summary)
      .description(`${sentence(summary)}.`);
    if (name === named) (await load())(command, context);
  }
  return program;
}

/** Every command below takes these from it: nothing is written past the output, and nothing ends the process. */
function settle(program: Command): void {
  program.exitOverride().configureOutput({ outputError: () => {} });
}

const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
