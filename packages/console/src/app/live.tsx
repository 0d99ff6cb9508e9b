// Keeps every open screen live: one stream tells what has changed, and what is shown of it is read again. When the stream is
// lost, that is shown; when it is back, everything is read again, since what came meanwhile was not heard.
import { type ChangesView, type Client, createClient } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import type { QueryClient } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { queries, signedOut } from "./queries.ts";

export type Liveness = "connecting" | "live" | "lost";

const LivenessContext = createContext<Liveness>("connecting");

/** Whether changes are heard of. */
export const useLiveness = (): Liveness => useContext(LivenessContext);

const gatherMs = 150;
const pauseMs = 3_000;

export function Live({ children }: { children: ReactNode }): ReactNode {
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  useEffect(() => {
    const gone = new AbortController();
    void follow(gone.signal, setLiveness);
    return () => gone.abort();
  }, []);
  return <LivenessContext value={liveness}>{children}</LivenessContext>;
}

/**
 * A client that tells of its connection. It opens a stream that broke again by itself: that it did is seen by what sends its
 * requests.
 */
export function watchedClient(signal: AbortSignal, tell: (liveness: Liveness) => void): Client {
  const watched: typeof fetch = async (...given) => {
    try {
      const response = await fetch(...given);
      if (response.ok) tell("live");
      return response;
    } catch (error) {
      if (!signal.aborted) tell("lost");
      throw error;
    }
  };
  return createClient({ baseUrl: location.origin, fetch: watched });
}

async function follow(signal: AbortSignal, tell: (liveness: Liveness) => void): Promise<void> {
  const { changes } = watchedClient(signal, tell);
  while (!signal.aborted) {
    try {
      for await (const notice of changes.follow({}, { signal })) {
        tell("live");
        refresh(queries, notice);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isHestiaError(error, "unauthenticated")) {
        signedOut.dispatchEvent(new Event("ended"));
        return;
      }
      tell("lost");
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The first words of query keys that an event of each kind makes stale. */
const staleBy: Readonly<Record<string, readonly string[]>> = {
  tenant: ["tenants", "fleet"],
  legal_hold: ["tenants"],
  operation: ["operations", "fleet"],
  migrations: ["migrations", "fleet"],
  webhook: ["webhooks"],
  plan: ["plans"],
  isolation_check: ["isolation"],
  operator_key: ["operator-keys"],
  session: ["sessions"],
};

let waiting: Set<string> | undefined;

function refresh(cache: QueryClient, { events, operations }: ChangesView): void {
  // The first of every stream is empty.
  if (events.length + operations.length === 0) {
    void cache.invalidateQueries();
    return;
  }
  const stale = new Set(events.flatMap(({ type }) => staleBy[type.split(".")[0] ?? ""] ?? []));
  if (events.length > 0) stale.add("audit");
  if (operations.length > 0) stale.add("operations").add("fleet");
  if (waiting) {
    for (const key of stale) waiting.add(key);
    return;
  }
  waiting = stale;
  setTimeout(() => {
    for (const key of waiting ?? []) void cache.invalidateQueries({ queryKey: [key] });
    waiting = undefined;
  }, gatherMs);
}
