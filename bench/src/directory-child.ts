// The process that src/directory.ts measures: looks tenants up by their slugs and says how its heap grew.

import { connect } from "@hestia/postgres";
import { secretKey } from "./world.ts";

type Asked = { readonly databaseUrl: string; readonly slugs: readonly string[] };

const abreast = 16;

process.on("message", async ({ databaseUrl, slugs }: Asked) => {
  const hestia = await connect({ databaseUrl, secretKey });
  const before = heapBytes();
  const waiting = slugs.values();
  await Promise.all(
    Array.from({ length: abreast }, async () => {
      for (const slug of waiting) await hestia.find({ slug });
    }),
  );
  process.send?.({ bytes: heapBytes() - before });
  await hestia.close();
  process.exit(0);
});

/** What is left when all garbage is gone. */
function heapBytes(): number {
  for (let turn = 0; turn < 5; turn += 1) gc?.();
  return process.memoryUsage().heapUsed;
}
