// Rows as they come from the wire, in parts that fit into memory however large the rows are that a tenant has written.
// Invariant: nothing more is taken from the socket while a part is dealt with, and no row is put together past its bound.

import { HestiaError } from "@hestia/core";
import pg from "pg";
import { streamOf } from "../scoped/send.ts";

/** Values in the order of the columns, each in PostgreSQL's text form. */
export type TextRow = readonly (string | null)[];

const partBytes = 4 * 1024 * 1024;
const partRows = 1_000;
/** JSON makes up to six times as much of it, which must still be one text. */
export const rowBytesMax = 64 * 1024 * 1024;

/** Gives the rows of a statement whose columns are all texts; throws `row_too_large`, and then the connection is lost. */
export async function streamRows(
  client: pg.ClientBase,
  { text, table }: { readonly text: string; readonly table: string },
  take: (rows: TextRow[]) => Promise<void>,
): Promise<void> {
  const stream = streamOf(client);
  const tooLarge = () => new HestiaError("row_too_large", { table, bytesMax: rowBytesMax });
  let rows: TextRow[] = [];
  let [partSize, rowSize, inHand] = [0, 0, 0];
  let taking: Promise<void> = Promise.resolve();
  let refusal: unknown;
  const refuse = (error: unknown) => {
    refusal ??= error;
    stream.destroy(error as Error);
  };
  // Ahead of pg's parser, which puts a row of any size together.
  const count = (chunk: Buffer) => {
    partSize += chunk.length;
    rowSize += chunk.length;
    if (rowSize > rowBytesMax && refusal === undefined) refuse(tooLarge());
  };
  const handOn = () => {
    const part = rows;
    [rows, partSize] = [[], 0];
    inHand += 1;
    stream.pause();
    taking = taking
      .then(() => (refusal === undefined ? take(part) : undefined))
      .then(() => {
        inHand -= 1;
        if (inHand === 0) stream.resume();
      });
    taking.catch(refuse);
  };
  const query = new pg.Query({ text, rowMode: "array" } as pg.QueryConfig);
  query.on("row", (row: unknown) => {
    rowSize = 0;
    rows.push(row as TextRow);
    if (partSize >= partBytes || rows.length >= partRows) handOn();
  });
  stream.prependListener("data", count);
  try {
    await new Promise<void>((resolve, reject) => {
      query.on("end", () => resolve());
      query.on("error", reject);
      client.query(query);
    });
    if (rows.length > 0) handOn();
    await taking;
  } catch (error) {
    throw refusal ?? error;
  } finally {
    stream.removeListener("data", count);
    stream.resume();
  }
}
