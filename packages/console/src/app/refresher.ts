// Reads again what a change has made stale. Changes that come close together are one, and when they do not end, no more time
// goes into reading than half of it.
import type { ChangesView } from "@hestia/api";
import type { Query, QueryClient, QueryFilters } from "@tanstack/react-query";

const gatherMs = 150;
/** So long one reading is waited for before the next begins. */
const readingMsMax = 2_000;

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

/** Keeps what was read in step with what is told. */
export class Refresher {
  readonly #cache: QueryClient;
  #stale: QueryFilters[] = [];
  #isAtWork = false;

  constructor(cache: QueryClient) {
    this.#cache = cache;
  }

  /** Hears of changes; the first notice of every stream is empty, and what came before it was not heard. */
  hear({ events, operations }: ChangesView): void {
    const keys = new Set(events.flatMap(({ type }) => staleBy[type.split(".")[0] ?? ""] ?? []));
    if (events.length > 0) keys.add("audit");
    if (operations.length > 0) keys.add("operations").add("fleet");
    if (events.length + operations.length === 0) this.#stale = [{}];
    for (const key of keys) this.#stale.push({ queryKey: [key] });
    if (!this.#isAtWork) void this.#work();
  }

  async #work(): Promise<void> {
    this.#isAtWork = true;
    let tookMs = 0;
    while (this.#stale.length > 0) {
      await pause(Math.max(gatherMs, tookMs));
      const stale = new Map(this.#stale.splice(0).map((each) => [String(each.queryKey), each]));
      const startedAt = performance.now();
      const read = Promise.all([...stale.values()].map((each) => readAgain(this.#cache, each)));
      await Promise.race([read, pause(readingMsMax)]);
      tookMs = performance.now() - startedAt;
    }
    this.#isAtWork = false;
  }
}

/** A list that is just being read on is read again after that: otherwise it would have been asked for its next page in vain. */
async function readAgain(cache: QueryClient, filters: QueryFilters): Promise<void> {
  const later = cache.getQueryCache().findAll({ ...filters, predicate: isReadingOn });
  await Promise.all([
    cache.invalidateQueries({ ...filters, predicate: (query) => !isReadingOn(query) }),
    ...later.map(async (query) => {
      // Whoever asked for the page is told of its failure.
      await query.promise?.catch(() => {});
      await readAgain(cache, { queryKey: query.queryKey, exact: true });
    }),
  ]);
}

const isReadingOn = ({ state }: Query): boolean =>
  state.fetchStatus !== "idle" && state.fetchMeta?.fetchMore !== undefined;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
