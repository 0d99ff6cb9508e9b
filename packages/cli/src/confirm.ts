// Asking a person before something that is hard to take back. Where nobody can be asked the answer is no.
import { createInterface } from "node:readline/promises";
import { HestiaError } from "@hestia/core";
import { Exit, interruptedCode } from "./exit-codes.ts";
import type { Output } from "./output.ts";

/** Returns when the person has typed the slug; throws `invalid_input` otherwise. */
export async function confirmDeletion(slug: string, output: Output): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw refusal("Nobody can be asked here; say --yes to delete it.");
  const typed = await ask(`This ends all service to ${slug}. Type its slug to delete it: `, output);
  if (typed !== slug) throw refusal(`That is not ${slug}; nothing was deleted.`);
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
