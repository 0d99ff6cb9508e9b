// A tenant's notes. The first parameter says whose they are, and no statement names a tenant.
import type { Tenant } from "@hestia/postgres";

/** A note. */
export type Note = { readonly id: string; readonly body: string };

/** Lists the notes, newest first. */
export async function listNotes(tenant: Tenant): Promise<Note[]> {
  const { rows } = await tenant.query<Note>(
    "select id, body from notes order by id desc limit 100",
  );
  return rows;
}

/** Adds a note. */
export async function addNote(tenant: Tenant, body: string): Promise<Note | undefined> {
  const { rows } = await tenant.query<Note>(
    "insert into notes (body) values ($1) returning id, body",
    [body],
  );
  return rows[0];
}
