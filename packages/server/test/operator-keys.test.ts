// Keys of operators as they travel: whatever a header can carry lets its owner in, however it was typed.
import { request } from "node:http";
import { createClient } from "@hestia/api";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../src/index.ts";
import { type Place, startPlace } from "./world.ts";

let place: Place;
beforeAll(async () => {
  place = await startPlace();
});
afterAll(() => place.end());

/** The status of a request with these very bytes in its field. */
function statusWith(url: string, authorization: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: authorization.toString("latin1") };
    const sent = request(`${url}/v1/clusters`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    sent.on("error", reject).end();
  });
}

test.each([
  ["with spaces and signs", `a key, with "spaces"; and = signs / of + all ~ kinds`],
  ["that looks like a field of its own", `Bearer Basic Bearer: ${"x".repeat(32)}`],
  ["beyond ASCII", `Schlüssel für die Tür von Hestia ÿ`],
  ["as long as a header bears", "long ".repeat(800).trim()],
])("a key %s lets its owner in, with spaces around it or not", async (_, operatorKey) => {
  const { url } = await place.startAnother({ operatorKey });
  for (const key of [operatorKey, `  ${operatorKey}\t`])
    await createClient({ baseUrl: url, key }).clusters.list();
  for (const encoding of ["latin1", "utf8"] as const)
    expect(await statusWith(url, Buffer.from(`bearer   ${operatorKey}  `, encoding))).toBe(200);
  await expect(
    createClient({ baseUrl: url, key: `${operatorKey}.` }).clusters.list(),
  ).rejects.toMatchObject({ code: "unauthenticated" });
});

test.each([
  ["has a line break", `${"k".repeat(32)}\n${"k".repeat(32)}`, /no control characters/],
  ["has letters that no header carries", `${"k".repeat(32)}\u{1f511}`, /characters of Latin-1/],
])("a key that %s is refused at the start and by the client, in words", async (_, key, words) => {
  const env = { DATABASE_URL: "postgres://x", HESTIA_SECRET_KEY: "s".repeat(32) };
  const start = () => parseConfig({ ...env, HESTIA_OPERATOR_KEY: key });
  expect(start).toThrow(/^The configuration has faults\. HESTIA_OPERATOR_KEY: /);
  expect(start).toThrow(words);
  const call = createClient({ baseUrl: place.url, key }).clusters.list();
  await expect(call).rejects.toMatchObject({
    code: "configuration_invalid",
    message: expect.stringMatching(words),
  });
});
