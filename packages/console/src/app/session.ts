// Who is signed in. The cookie itself no script can read: the server is asked.
import type { SessionView } from "@hestia/api";
import { client } from "./client.ts";
import { queries } from "./queries.ts";

const key = ["session"];

/** Reads the session, unless it is known. That there is none is heard of by `signedOut`, and other faults by the screen. */
export function readSession(): Promise<SessionView | undefined> {
  const queryFn = () => client.session.get({});
  return queries.ensureQueryData({ queryKey: key, queryFn }).catch(() => undefined);
}

/** Whether this page has had a session. */
export function hadSession(): boolean {
  return queries.getQueryData(key) !== undefined;
}

/** Exchanges a key for a session. */
export async function signIn(secret: string): Promise<void> {
  const session = await client.session.start({ key: secret });
  queries.clear();
  queries.setQueryData(key, session);
}

/** Ends the session, at the server and here. */
export async function signOut(): Promise<void> {
  await client.session.end({});
  leave();
}

/** Goes to the door: drafts, what was selected and all else that this tab has in memory are for nobody else. */
export function leave(): void {
  sessionStorage.clear();
  location.assign("/console/sign-in");
}

/** There is none any more: what was read with it is not kept. */
export function forgetSession(): void {
  queries.clear();
}
