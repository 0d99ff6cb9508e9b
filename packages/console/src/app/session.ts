// Who is signed in. The cookie itself no script can read: the server is asked.
import type { SessionView } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { client } from "./client.ts";
import { queries } from "./queries.ts";

const key = ["session"];

/** The session, or undefined where there is none. */
export async function readSession(): Promise<SessionView | undefined> {
  try {
    return await queries.ensureQueryData({ queryKey: key, queryFn: () => client.session.get({}) });
  } catch (error) {
    if (isHestiaError(error, "unauthenticated")) return undefined;
    throw error;
  }
}

/** Exchanges a key for a session. */
export async function signIn(secret: string): Promise<void> {
  const session = await client.session.start({ key: secret });
  queries.clear();
  queries.setQueryData(key, session);
}

/** Ends the session, here and at the server. */
export async function signOut(): Promise<void> {
  await client.session.end({});
  forgetSession();
}

/** It has ended: what was read with it is not kept. */
export function forgetSession(): void {
  queries.clear();
}
