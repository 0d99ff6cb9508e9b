// What was read from the server, and when it is read again: at once when the server tells of a change.
import { isHestiaError } from "@hestia/core";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

/** Told when the session has ended. */
export const signedOut = new EventTarget();

const tellEnd = (error: unknown): void => {
  if (isHestiaError(error, "unauthenticated")) signedOut.dispatchEvent(new Event("ended"));
};

export const queries = new QueryClient({
  queryCache: new QueryCache({ onError: tellEnd }),
  mutationCache: new MutationCache({ onError: tellEnd }),
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      retry: (failures, error) => failures < 3 && isPassing(error),
    },
  },
});

/** Whether asking again may help. */
export function isPassing(error: unknown): boolean {
  return isHestiaError(error) && (error.kind === "unavailable" || error.kind === "limited");
}
