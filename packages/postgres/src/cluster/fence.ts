// The right to work on a subject in a cluster, as long as nobody has taken the work up after: a session that works under
// a fence is named after it, and asks for it before its first statement. Whoever comes with a higher token ends the
// sessions of those before it, and these cannot come again.

import type pg from "pg";

/** Whose work it is, and since when: tokens grow with every taking up. */
export type Fence = {
  /** The tenant's id, or the operation's where there is no tenant. */
  readonly subject: string;
  readonly token: string;
};

/** Thrown where another process has taken the work up. */
export class FenceLost extends Error {
  override readonly name = "FenceLost";
}

/** The `application_name` of a session that works under the fence. */
export const sessionName = ({ subject, token }: Fence): string => `hestia ${subject} ${token}`;

/** Names the client's session and asks in the data database whether the fence still holds; throws `FenceLost`. */
export async function holdFence(
  client: pg.ClientBase | pg.Pool,
  { subject, token }: Fence,
): Promise<void> {
  await client.query("select hestia.hold_fence($1, $2)", [subject, token]).catch(lost(subject));
}

/** Lets a tenant into a place, if its fence holds; false when the place is not there. Throws `FenceLost`. */
export async function admit(
  client: pg.ClientBase | pg.Pool,
  asked: { tenantId: string; place: string; token: string; state: string; flushed: boolean },
): Promise<boolean> {
  const { tenantId, place, token, state, flushed } = asked;
  const { rows } = await client
    .query<{ admitted: boolean }>("select hestia.admit($1, $2, $3, $4, $5) as admitted", [
      tenantId,
      place,
      token,
      state,
      flushed,
    ])
    .catch(lost(tenantId));
  return rows[0]?.admitted === true;
}

const lost =
  (subject: string) =>
  (error: unknown): never => {
    if ((error as { code?: string }).code !== "HT201") throw error;
    throw new FenceLost(`work on ${subject} was taken up elsewhere`, { cause: error });
  };

/** Ends the sessions of whoever worked on the subject before; the client holds the fence. */
export async function endForerunners(
  client: pg.ClientBase,
  { subject, token }: Fence,
): Promise<void> {
  await client.query("select hestia.end_forerunners($1, $2)", [subject, token]);
}
