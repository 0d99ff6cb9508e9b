// A tenant's archive: lines of JSON, compressed, in parts that fit into memory. First what the platform knows of the
// tenant, then each table followed by its rows, every value in PostgreSQL's own text; at the end what was counted.
// Invariant: an archive counts only when it was read back from where it lies and had what was written.
import { createHash, type Hash, randomUUID } from "node:crypto";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";
import { assert, type JsonObject, type Tenant } from "@hestia/core";
import {
  type ArchivedTable,
  type Cluster,
  type Database,
  findArchivePart,
  insertArchive,
  insertArchivePart,
  type LedgerRow,
  listConfiguration,
  type RowTable,
  type TextRow,
} from "@hestia/postgres/platform";

/** What stands at the head of an archive. */
export type ArchiveHead = {
  readonly format: typeof format;
  readonly tenant: JsonObject;
  readonly configuration: JsonObject;
  /** The migrations that the rows' tables came from. */
  readonly ledger: readonly Pick<LedgerRow, "set" | "name" | "checksum">[];
};

/** An archive that was written and read back. */
export type WrittenArchive = { readonly id: string; readonly tables: readonly ArchivedTable[] };

type Line =
  | ArchiveHead
  | { readonly table: RowTable }
  | { readonly rows: readonly TextRow[] }
  | { readonly end: readonly ArchivedTable[] };

const format = "hestia-archive/1";
const partBytes = 1024 * 1024;

/** Writes the tenant's archive and reads it back; throws where the two differ. */
export async function writeArchive(
  { db, now }: { readonly db: Database; readonly now: Date },
  cluster: Cluster,
  tenant: Tenant,
): Promise<WrittenArchive> {
  const id = randomUUID();
  await db.asPlatform((tx) => insertArchive(tx, { id, tenantId: tenant.id, now }));
  const tally = makeTally();
  const text = new PassThrough();
  const write = (line: Line) =>
    new Promise<void>((resolve, reject) =>
      text.write(`${JSON.stringify(line)}\n`, (error) => (error ? reject(error) : resolve())),
    );
  const written = writeLines({ db, cluster, tenant }, async (line) => {
    tally.count(line);
    await write(line);
  }).then(
    async () => {
      await write({ end: tally.tables() });
      text.end();
    },
    (error: Error) => {
      text.destroy(error);
      throw error;
    },
  );
  await Promise.all([
    written,
    pipeline(text, createGzip(), (parts) => storeParts(db, id, parts as AsyncIterable<Buffer>)),
  ]);
  await expectSame(readArchive(db, id), tally.tables());
  return { id, tables: tally.tables() };
}

async function writeLines(
  { db, cluster, tenant }: { db: Database; cluster: Cluster; tenant: Tenant },
  write: (line: Line) => Promise<void>,
): Promise<void> {
  const { id, slug, name, plan, isolation, settings, domain = null } = tenant;
  const configuration = await db.asTenant(id, listConfiguration);
  const hasPlace = (await cluster.stateOf(tenant)) !== undefined;
  const ledger = hasPlace ? await cluster.ledgerOf(tenant) : [];
  await write({
    format,
    tenant: { id, slug, name, plan, isolation, settings, domain },
    configuration,
    ledger: ledger.map(({ set, name: file, checksum }) => ({ set, name: file, checksum })),
  });
  if (!hasPlace) return;
  await cluster.readRows(tenant, {
    table: (table) => write({ table }),
    rows: (rows) => write({ rows }),
  });
}

async function storeParts(
  db: Database,
  archiveId: string,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  let held: Buffer[] = [];
  let bytes = 0;
  let position = 0;
  const store = async () => {
    const part = { archiveId, position, data: Buffer.concat(held) };
    await db.asPlatform((tx) => insertArchivePart(tx, part));
    [held, bytes, position] = [[], 0, position + 1];
  };
  for await (const piece of pieces) {
    held.push(piece);
    bytes += piece.length;
    if (bytes >= partBytes) await store();
  }
  if (bytes > 0) await store();
}

/** Reads the lines of an archive, from where it lies. */
export async function* readArchive(db: Database, archiveId: string): AsyncGenerator<Line> {
  const parts = Readable.from(partsOf(db, archiveId));
  const text = createGunzip();
  const piped = pipeline(parts, text);
  // Told by the reading, too.
  piped.catch(() => {});
  // Pieces are put together once a line: a long one would else be gone through again with each of them.
  let pieces: string[] = [];
  for await (const piece of text.setEncoding("utf8") as AsyncIterable<string>) {
    const [more = "", ...begun] = piece.split("\n");
    pieces.push(more);
    for (const next of begun) {
      yield JSON.parse(pieces.join("")) as Line;
      pieces = [next];
    }
  }
  await piped;
  assert(pieces.join("") === "", "an archive ends with a whole line");
}

async function* partsOf(db: Database, archiveId: string): AsyncGenerator<Buffer> {
  for (let position = 0; ; position += 1) {
    const part = await db.asPlatform((tx) => findArchivePart(tx, { archiveId, position }));
    if (part === undefined) return;
    yield part;
  }
}

/** Reads the head alone. */
export async function readHead(db: Database, archiveId: string): Promise<ArchiveHead> {
  for await (const line of readArchive(db, archiveId)) {
    assert("format" in line && line.format === format, "an archive begins with its head");
    return line;
  }
  throw new Error("an archive is empty");
}

/** The tables and their rows, as a partition takes them back. */
export async function* rowsOf(
  lines: AsyncIterable<Line>,
): AsyncGenerator<{ table: RowTable; rows: readonly TextRow[] }> {
  let table: RowTable | undefined;
  for await (const line of lines) {
    if ("table" in line) {
      table = line.table;
      yield { table, rows: [] };
    }
    if ("rows" in line && table !== undefined) yield { table, rows: line.rows };
  }
}

type Tally = { count(line: Line): void; tables(): ArchivedTable[] };

function makeTally(): Tally {
  const counted = new Map<string, { rows: number; hash: Hash }>();
  let present = "";
  return {
    count: (line) => {
      if ("table" in line) {
        present = line.table.name;
        counted.set(present, { rows: 0, hash: createHash("sha256") });
      }
      const table = counted.get(present);
      if (!("rows" in line) || table === undefined) return;
      table.rows += line.rows.length;
      for (const row of line.rows) table.hash.update(`${JSON.stringify(row)}\n`);
    },
    tables: () =>
      [...counted].map(([name, { rows, hash }]) => ({
        ...{ name, rows, sha256: hash.copy().digest("hex") },
      })),
  };
}

async function expectSame(
  lines: AsyncIterable<Line>,
  written: readonly ArchivedTable[],
): Promise<void> {
  const tally = makeTally();
  let end: readonly ArchivedTable[] | undefined;
  for await (const line of lines) {
    tally.count(line);
    if ("end" in line) end = line.end;
  }
  const found = JSON.stringify(tally.tables());
  assert(
    found === JSON.stringify(written) && found === JSON.stringify(end),
    "an archive is read back as it was written",
  );
}
