// Asking a person before something that is hard to take back. Where nobody can be asked the answer is no.
import { createInterface } from "node:readline/promises";
import { HestiaError } from "@hestia/core";

/** Returns when the person has typed the slug; throws `invalid_input` otherwise. */
export async function confirmDeletion(slug: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw refusal("Nobody can be asked here; say --yes to delete it.");
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const typed = await asking.question(
      `This ends all service to ${slug}. Type its slug to delete it: `,
    );
    if (typed.trim() !== slug) throw refusal(`That is not ${slug}; nothing was deleted.`);
  } finally {
    asking.close();
  }
}

const refusal = (message: string) => new HestiaError("invalid_input", {}, { message });
