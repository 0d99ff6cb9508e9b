// How the isolation check is called.
import type { Command } from "commander";
import { withExamples } from "./arguments.ts";
import type { Context } from "./context.ts";
import { checkIsolationOf, type IsolationOptions } from "./isolation.ts";

/** Adds it to `hestia isolation`. */
export function addIsolationCommands(noun: Command, context: Context): void {
  const check = noun
    .command("check")
    .summary("attack a scratch copy, and weakened ones")
    .description(
      "Makes a scratch copy of the application on the same server, with two tenants in each isolation model, has one attack the other, weakens the protection piece by piece to see that the attacks would tell, and removes the copy. Nothing of the real tenants is read or changed.",
    )
    .option("--database-url <url>", "the platform's database, as a superuser (DATABASE_URL)")
    .option("--dir <folder>", "check these migrations instead of those that are stored")
    .option("--model <models>", "the isolation models, with commas (all three)")
    .option("--full", "every mutation on every table, and every tenant's place compared")
    .option("--setup <file>", "SQL that the copy needs beside the migrations")
    .option("--openapi <document>", "the application's routes: an OpenAPI document, as URL or file")
    .option("--start <command>", "what starts the application, with the copy's DATABASE_URL")
    .option("--base-url <url>", "where the application answers then")
    .option("--junit <file>", "write JUnit's XML")
    .option("--html <file>", "write a report for an auditor")
    .option("--json", "print JSON, for programs")
    .action((options: IsolationOptions) => checkIsolationOf(context, options));
  withExamples(check, [
    "isolation check",
    "isolation check --full --html isolation.html",
    "isolation check --dir migrations --json",
    "isolation check --openapi openapi.json --base-url http://localhost:3000 --start 'node app.ts'",
  ]);
}
