// Asking a person before something that is hard to take back. Where nobody can be asked the answer is no.
import { createInterface } from "node:readline/promises";
import { HestiaError } from "@hestia/core";
import { Exit, interruptedCode } from "./exit-codes.ts";
import type { Output } from "./output.ts";

const warnings = {
  delete: (slug: string) => `This ends all service to ${slug}.`,
  purge: (slug: string) => `This takes away everything of ${slug}, for ever.`,
};

/** Returns when the person has typed the slug; throws `invalid_input` otherwise. */
export async function confirmEnd(
  end: keyof typeof warnings,
  slug: string,
  output: Output,
): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw refusal(`Nobody can be asked here; say --yes to ${end} it.`);
  const typed = await ask(`${warnings[end](slug)} Type its slug to ${end} it: `, output);
  if (typed !== slug) throw refusal(`That is not ${slug}; nothing was ${end}d.`);
}

/** Asks for a line; Ctrl-C and Ctrl-D end the command. */
async function ask(question: string, output: Output): Promise<string> {
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await asking.question(question)).trim();
  } catch {
    output.note("");
    throw new Exit(interruptedCode);
  } finally {
    asking.close();
  }
}

const refusal = (message: string) => new HestiaError("invalid_input", {}, { message });
