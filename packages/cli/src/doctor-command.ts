// How the doctor is called.
import type { Command } from "commander";
import { withExamples } from "./arguments.ts";
import type { Context } from "./context.ts";
import { type DoctorOptions, runDoctor } from "./doctor.ts";

/** Makes `hestia doctor` what it is. */
export function addDoctorCommand(command: Command, context: Context): void {
  command
    .description(
      "Examines an installation item by item, by its database: whether everything that isolation rests on is in force, and which indexes row security makes useless. It changes nothing.",
    )
    .option("--database-url <url>", "the platform's database, as its administrator (DATABASE_URL)")
    .option("--sql", "print the cures alone, for psql")
    .option("--sarif", "print SARIF 2.1.0, for code scanning")
    .option("--json", "print JSON, for programs")
    .action((options: DoctorOptions) => runDoctor(context, options));
  withExamples(command, ["doctor", "doctor --sql > cures.sql"]);
}
