// An application of its own, with little memory: it sends each statement as one tenant, and after it another tenant's.

import { connect } from "../src/index.ts";

/** What it is given. */
export type Task = {
  readonly databaseUrl: string;
  readonly secretKey: string;
  readonly statements: readonly string[];
  /** How many of each at once. */
  readonly atOnce: number;
};

process.once("message", async ({ databaseUrl, secretKey, statements, atOnce }: Task) => {
  const hestia = await connect({ databaseUrl, secretKey });
  const [attacker, victim] = await Promise.all(
    ["attacker", "victim"].map((slug) => hestia.tenant(slug)),
  );
  for (const text of statements) {
    const asked = Array.from({ length: atOnce }, () =>
      attacker?.query(text).then(
        () => "answered",
        (error: { code?: string }) => error.code,
      ),
    );
    const outcomes = new Set(await Promise.all(asked));
    await victim?.query("select 1");
    process.send?.({ text, outcomes: [...outcomes] });
  }
  await hestia.close();
  process.disconnect?.();
});
