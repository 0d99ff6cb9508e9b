// A cache whose keys are one tenant's: Keyv over a store that puts the tenant's id before every key. Invariant: no key, and
// no clear(), reaches beyond the tenant, and without one every call throws.
import { EventEmitter } from "node:events";
import { isHestiaError } from "@hestia/core";
import { currentTenant, type Tenant } from "@hestia/postgres";
import {
  Keyv,
  type KeyvOptions,
  type KeyvStorageAdapter,
  type KeyvStorageEntry,
  keyvStorageCapability,
} from "keyv";

/** Keyv's own options; the tenant takes the place of its namespace. */
export type TenantCacheOptions = Omit<KeyvOptions, "namespace"> & {
  /** Whose cache it is. Default: the current tenant's, at each call. */
  readonly tenant?: Tenant;
};

/**
 * Makes a Keyv for tenants, over any store of Keyv's: a Map (the default), Redis, PostgreSQL and others.
 *
 * Several may share a store. `clear()` and `iterator()` look through all keys of the store for the tenant's own.
 *
 * @example
 * const cache = tenantCache({ store: new KeyvRedis(url), ttl: 60_000 });
 * await cache.set("rates", rates);
 */
export function tenantCache({ tenant, ...options }: TenantCacheOptions = {}): Keyv {
  // Keyv itself knows how to speak to each kind of store.
  const { store } = new Keyv({ store: options.store ?? new Map() });
  const prefix = () => `tenant:${(tenant ?? currentTenant()).id}:`;
  return new TenantKeyv({ ...options, store: asAdapter(new TenantStore(store, prefix)) });
}

/** Keyv tells its listeners of a store's errors and goes on; that there is no tenant is thrown. */
class TenantKeyv extends Keyv {
  override emit(event: string | symbol, ...given: unknown[]): boolean {
    if (event === "error" && isHestiaError(given[0], "context_missing")) throw given[0];
    return super.emit(event, ...given);
  }
}

/** Ids are all of one length and come first, so that no key can be written to look like another tenant's. */
class TenantStore extends EventEmitter {
  readonly #store: KeyvStorageAdapter;
  readonly #prefix: () => string;

  constructor(store: KeyvStorageAdapter, prefix: () => string) {
    super();
    this.#store = store;
    this.#prefix = prefix;
    store.on("error", (error: unknown) => this.emit("error", error));
  }

  get capabilities() {
    return keyvStorageCapability(this);
  }

  async get<Value>(key: string) {
    return this.#store.get<Value>(this.#prefix() + key);
  }

  async getMany<Value>(keys: string[]) {
    return this.#store.getMany<Value>(this.#all(keys));
  }

  async has(key: string) {
    return this.#store.has(this.#prefix() + key);
  }

  async hasMany(keys: string[]) {
    return this.#store.hasMany(this.#all(keys));
  }

  async set(key: string, value: unknown, expires?: number) {
    return this.#store.set(this.#prefix() + key, value, expires);
  }

  async setMany<Value>(entries: KeyvStorageEntry<Value>[]) {
    const prefix = this.#prefix();
    return this.#store.setMany(entries.map((each) => ({ ...each, key: prefix + each.key })));
  }

  async delete(key: string) {
    return this.#store.delete(this.#prefix() + key);
  }

  async deleteMany(keys: string[]) {
    return this.#store.deleteMany(this.#all(keys));
  }

  /** Never the store's own clear(), which would take all tenants'. */
  async clear() {
    const own: string[] = [];
    for await (const [key] of this.iterator()) own.push(key);
    await this.deleteMany(own);
  }

  async *iterator<Value>(): AsyncGenerator<[string, Awaited<Value> | undefined], void> {
    const prefix = this.#prefix();
    if (this.#store.iterator === undefined) {
      throw new Error(
        "This store cannot list its keys, so one tenant's cannot be told from others'.",
      );
    }
    for await (const [key, value] of this.#store.iterator<Value>()) {
      if (typeof key !== "string" || !key.startsWith(prefix)) continue;
      yield [key.slice(prefix.length), value as Awaited<Value> | undefined];
    }
  }

  async disconnect() {
    await this.#store.disconnect?.();
  }

  #all(keys: readonly string[]): string[] {
    const prefix = this.#prefix();
    return keys.map((key) => prefix + key);
  }
}

/** Of an emitter Keyv uses what Node's has. */
function asAdapter(store: TenantStore): KeyvStorageAdapter {
  return store as unknown as KeyvStorageAdapter;
}
