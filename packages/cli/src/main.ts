// From the words of a command line to an exit code. Nothing below ends the process: what was written is written out.
import { HestiaError } from "@hestia/core";
import { CommanderError } from "commander";
import type { Context } from "./context.ts";
import { readEnvironment } from "./environment.ts";
import { Exit } from "./exit-codes.ts";
import { makeOutput } from "./output.ts";
import { makeProgram } from "./program.ts";

/** Runs the command that the words name. */
export async function main(words: readonly string[]): Promise<number> {
  // Whoever read our output has gone, as `head` does: that is no fault.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  const environment = readEnvironment();
  const context: Context = { environment, output: makeOutput(environment) };
  try {
    const program = await makeProgram(context, words);
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (thrown) {
    return endWith(thrown, context, words.includes("--json"));
  }
}

async function endWith(thrown: unknown, { output }: Context, json: boolean): Promise<number> {
  if (thrown instanceof Exit) return thrown.code;
  // Help and the version were asked for, and printed.
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return 0;
  const { reportFailure } = await import("./failure.ts");
  return reportFailure(thrown instanceof CommanderError ? usage(thrown) : thrown, output, json);
}

function usage({ code, message }: CommanderError): HestiaError {
  const text =
    code === "commander.help"
      ? "Say what to do; the commands are above."
      : message.replace(/^error: /, "").replace(/\n/g, " ");
  const sentence = `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
  return new HestiaError("invalid_input", {}, { message: sentence });
}
