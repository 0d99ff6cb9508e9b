// What shared tenants have in common, as a new one finds it: looked at now and then for all of them, instead of for each.
import { makeId, type TenantId } from "@hestia/core";
import { type Cluster, listNames, type NamedMigration } from "@hestia/postgres/platform";
import type { Platform } from "../platform.ts";

/** How long it is believed to be as it was found; then it is looked at again, while the answer stays. */
const believedMs = 60_000;

/** Tells of each cluster whether its shared partition has all stored migrations and is sealed. */
export class CommonParts {
  readonly #looks = new Map<string, Look>();

  /**
   * Whether it is known to be so with the stored migrations of this mark. It never waits, because who asks has a connection
   * that a look would need; where nothing is known a look is begun, for those who ask later.
   */
  isKnown(platform: Platform, cluster: Cluster, mark: string): boolean {
    const known = this.#looks.get(cluster.name);
    const isFresh = known?.mark === mark && performance.now() < known.until;
    if (!isFresh) void this.isReady(platform, cluster, mark).catch(() => {});
    return known?.mark === mark && known.isReady;
  }

  /** Looks; throws what the database fails with. */
  async isReady(platform: Platform, cluster: Cluster, mark: string): Promise<boolean> {
    const before = this.#looks.get(cluster.name);
    if (before?.mark === mark && before.looking !== undefined) return before.looking;
    const looking = look(platform, cluster);
    const isReady = before?.mark === mark && before.isReady;
    this.#looks.set(cluster.name, { mark, isReady, until: Number.NEGATIVE_INFINITY, looking });
    const is = await looking.catch((error: unknown) => {
      this.#looks.delete(cluster.name);
      throw error;
    });
    // A no is not believed for long: whoever comes next may have made what was lacking.
    const until = performance.now() + (is ? believedMs : 0);
    this.#looks.set(cluster.name, { mark, isReady: is, until });
    return is;
  }
}

type Look = {
  readonly mark: string;
  readonly isReady: boolean;
  readonly until: number;
  readonly looking?: Promise<boolean>;
};

async function look({ db, now }: Platform, cluster: Cluster): Promise<boolean> {
  const [stored, applied] = await Promise.all([
    db.asked(listNames),
    cluster.ledger(["app", "shared"]),
  ]);
  const has = ({ set, name, checksum }: NamedMigration) =>
    applied.some((row) => row.set === set && row.name === name && row.checksum === checksum);
  if (applied.length !== stored.length || !stored.every(has)) return false;
  // No tenant in particular: all of them have the same tables.
  await cluster.verifyPartition({ id: makeId<TenantId>(now()), isolation: "shared" });
  return true;
}
