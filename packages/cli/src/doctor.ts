// The doctor's command: examines an installation by its database, without the server, and prints what it found. It ends
// with 1 when isolation does not hold.
import { examine } from "@hestia/postgres/doctor";
import type { CommonOptions, Context } from "./context.ts";
import { doctorSarif } from "./doctor-sarif.ts";
import { curesText, doctorText } from "./doctor-text.ts";
import { Exit } from "./exit-codes.ts";
import { findPlatformUrl } from "./platform-url.ts";
import { packageVersion } from "./version.ts";

/** The options of the command. */
export type DoctorOptions = CommonOptions & {
  readonly databaseUrl?: string;
  readonly sql?: boolean;
  readonly sarif?: boolean;
};

/** Examines the installation and prints the findings, or their cures. */
export async function runDoctor(context: Context, options: DoctorOptions): Promise<void> {
  const { output } = context;
  const report = await examine({
    databaseUrl: findPlatformUrl(context, options.databaseUrl),
    onDatabase: (database, done, total) =>
      output.live([`${output.noteColours.cyan("▸")} ${database} (${done + 1} of ${total})`]),
  });
  output.live([]);
  if (options.sarif) output.printJson(doctorSarif(report, packageVersion()));
  else if (options.json) output.printJson(report);
  else if (options.sql) output.print(curesText(report));
  else output.print(doctorText(report, output));
  if (report.findings.some(({ severity }) => severity === "error")) throw new Exit(1);
}
