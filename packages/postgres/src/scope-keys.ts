// The keys that tenants are entered with: made here, at random, and kept in this process alone.
// The database learns only their SHA-256. A key lives an hour; another is issued before it ends.

import { createHash, randomBytes } from "node:crypto";
import type { TenantId } from "@hestia/core";

/** Tells the tenant's database of a key; returns the seconds that it will live. */
export type IssueKey = (digest: Buffer, tenantId: TenantId) => Promise<number>;

type Kept = {
  readonly key: string;
  readonly place: string;
  readonly renewAt: number;
  readonly endsAt: number;
};

const keysMax = 20_000;
/** The part of its life after which a key is replaced. */
const renewAfter = 0.8;

/** Keys by tenant; bounded, issued once for all who wait. */
export class ScopeKeys {
  readonly #kept = new Map<string, Kept>();
  readonly #issuing = new Map<string, Promise<string>>();

  /** The key to enter with when it is at hand and fresh. */
  peek(tenantId: TenantId, place: string): string | undefined {
    const kept = this.#kept.get(tenantId);
    return kept && kept.place === place && performance.now() < kept.renewAt ? kept.key : undefined;
  }

  /** The key to enter with, issued if need be. */
  async get(tenantId: TenantId, place: string, issue: IssueKey): Promise<string> {
    const fresh = this.peek(tenantId, place);
    if (fresh) return fresh;
    const old = this.#kept.get(tenantId);
    try {
      return await this.#issueOnce(tenantId, place, issue);
    } catch (error) {
      // The old key overlaps with the new one: a moment without an answer costs nothing.
      if (old && old.place === place && performance.now() < old.endsAt) return old.key;
      throw error;
    }
  }

  /** Forgets a key that the database does not know. */
  forget(tenantId: TenantId, key?: string): void {
    if (!key || this.#kept.get(tenantId)?.key === key) this.#kept.delete(tenantId);
  }

  #issueOnce(tenantId: TenantId, place: string, issue: IssueKey): Promise<string> {
    const name = `${tenantId}/${place}`;
    const running = this.#issuing.get(name);
    if (running) return running;
    const issuing = this.#issue(tenantId, place, issue).finally(() => this.#issuing.delete(name));
    this.#issuing.set(name, issuing);
    return issuing;
  }

  async #issue(tenantId: TenantId, place: string, issue: IssueKey): Promise<string> {
    const key = randomBytes(32).toString("base64url");
    const asked = performance.now();
    const seconds = await issue(createHash("sha256").update(key).digest(), tenantId);
    this.#kept.delete(tenantId);
    this.#kept.set(tenantId, {
      key,
      place,
      renewAt: asked + seconds * 1000 * renewAfter,
      endsAt: asked + seconds * 1000,
    });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= keysMax) break;
      this.#kept.delete(oldest);
    }
    return key;
  }
}
