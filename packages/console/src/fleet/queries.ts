// What the first screen reads. Its parts ask for it again as they are shown; it is all asked for at once before.
import { eventTypes } from "@hestia/core";
import { useQuery } from "@tanstack/react-query";
import { client } from "../app/client.ts";
import { useHeldRun, useMigrationState } from "../migrations/queries.ts";

const eventsShown = 10;
/** Who comes and goes is in the audit log, and no news here. */
const told = eventTypes.filter((type) => !type.startsWith("session."));

/** Tenants and operations, counted. */
export const useFleet = () =>
  useQuery({
    queryKey: ["fleet"],
    queryFn: ({ signal }) => client.fleet.get({}, { signal }),
  });

/** The latest isolation check. */
export const useLatestCheck = () =>
  useQuery({
    queryKey: ["isolation", "latest"],
    queryFn: ({ signal }) => client.isolationChecks.list({ limit: 1 }, { signal }),
  });

/** The newest audit events. */
export const useRecentEvents = () =>
  useQuery({
    queryKey: ["audit", "recent"],
    queryFn: ({ signal }) => client.audit.list({ limit: eventsShown, type: [...told] }, { signal }),
  });

/** Asks for what the parts of the screen show before it is known which of them there are. */
export function useAhead(): void {
  useMigrationState();
  useHeldRun();
  useLatestCheck();
  useRecentEvents();
}
