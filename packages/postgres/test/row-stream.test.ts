// A tenant's rows on their way into an archive: whatever it has written, what is held of them at once is bounded.
import { withClient } from "@hestia/postgres/platform";
import { expect, inject, test } from "vitest";
import { rowBytesMax, streamRows } from "../src/cluster/row-stream.ts";

const stream = (text: string, take: (rows: readonly (readonly unknown[])[]) => Promise<void>) =>
  withClient(inject("postgresUrl"), (client) => streamRows(client, { text, table: "notes" }, take));

test("rows come all, in their order, in parts of a bounded number", async () => {
  const parts: number[] = [];
  let next = 1;
  await stream("select i::text, null from generate_series(1, 10500) i", async (rows) => {
    parts.push(rows.length);
    for (const [text, nothing] of rows) {
      expect([text, nothing]).toEqual([String(next), null]);
      next += 1;
    }
  });
  expect([next, Math.max(...parts)]).toEqual([10_501, 1_000]);
});

test("large rows come a few at a time, and the next ones wait until those are dealt with", async () => {
  let [held, most, count] = [0, 0, 0];
  await stream("select repeat('x', 1000000) from generate_series(1, 100)", async (rows) => {
    held += rows.length;
    most = Math.max(most, held);
    count += rows.length;
    await new Promise(setImmediate);
    held -= rows.length;
  });
  expect(count).toBe(100);
  expect(most).toBeLessThan(10);
});

test("a row that no text could hold is refused before it is put together", async () => {
  const given: number[] = [];
  const text =
    "select repeat('x', case i when 3 then 600000000 else 10 end) from generate_series(1, 3) i";
  await expect(stream(text, async (rows) => void given.push(rows.length))).rejects.toMatchObject({
    code: "row_too_large",
    details: { table: "notes", bytesMax: rowBytesMax },
  });
});

test("an error of the server, or of who takes the rows, is told", async () => {
  await expect(stream("select 1 / 0", async () => {})).rejects.toMatchObject({ code: "22012" });
  const taken = stream("select i::text from generate_series(1, 100000) i", async () => {
    throw new Error("the disk is full");
  });
  await expect(taken).rejects.toThrow("the disk is full");
});
