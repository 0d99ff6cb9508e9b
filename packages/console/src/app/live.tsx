// Keeps every open screen live: one stream tells what has changed, and what is shown of it is read again. When the stream is
// lost, that is shown; when it is back, everything is read again, since what came meanwhile was not heard.
import { type ChangesView, type Client, createClient } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { createContext, type ReactNode, useContext, useEffect, useState } from "react";
import { queries, signedOut } from "./queries.ts";
import { Refresher } from "./refresher.ts";
import { type Ears, followInOneTab } from "./shared-stream.ts";

export type Liveness = "connecting" | "live" | "lost";

const LivenessContext = createContext<Liveness>("connecting");

/** Whether changes are heard of. */
export const useLiveness = (): Liveness => useContext(LivenessContext);

const pauseMs = 3_000;

export function Live({ children }: { children: ReactNode }): ReactNode {
  const [liveness, setLiveness] = useState<Liveness>("connecting");
  useEffect(() => {
    const gone = new AbortController();
    const refresher = new Refresher(queries);
    const hear = (notice: ChangesView) => refresher.hear(notice);
    void followInOneTab(gone.signal, { tell: setLiveness, hear }, follow);
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

async function follow(signal: AbortSignal, { tell, hear }: Ears): Promise<void> {
  const { changes } = watchedClient(signal, tell);
  while (!signal.aborted) {
    try {
      for await (const notice of changes.follow({}, { signal })) {
        tell("live");
        hear(notice);
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
