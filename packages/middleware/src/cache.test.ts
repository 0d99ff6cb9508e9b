import { makeId, type TenantId } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import { Keyv } from "keyv";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { tenantCache } from "./cache.ts";

const [acme, globex] = [1, 2].map((at) => ({ id: makeId<TenantId>(at) }) as Tenant) as [
  Tenant,
  Tenant,
];
let store: Map<string, unknown>;
let cache: Keyv;

beforeEach(async () => {
  store = new Map();
  cache = tenantCache({ store });
  for (const tenant of [acme, globex]) {
    await runWithTenant(tenant, () => cache.set("rate", tenant.id));
  }
  await new Keyv({ store }).set("shared", "of the application's own");
});

const inAcme = <T>(work: () => T) => runWithTenant(acme, work);
const walk = async () => {
  const entries = [];
  for await (const entry of cache.iterator()) entries.push(entry);
  return entries;
};
const ofGlobex = () => runWithTenant(globex, () => cache.get("rate"));

describe("a tenant's cache", () => {
  test("has the tenant's values and no one else's", async () => {
    expect(await inAcme(() => cache.get("rate"))).toBe(acme.id);
    expect(await ofGlobex()).toBe(globex.id);
    expect(await inAcme(() => cache.getMany(["rate", "shared"]))).toEqual([acme.id, undefined]);
    expect(await inAcme(() => cache.hasMany(["rate", "shared"]))).toEqual([true, false]);
    expect(await inAcme(() => cache.delete("rate"))).toBe(true);
    expect(await inAcme(() => cache.has("rate"))).toBe(false);
    expect(await ofGlobex()).toBe(globex.id);
  });

  test("is cleared and walked through for that tenant alone", async () => {
    await inAcme(() =>
      cache.setMany([
        { key: "a", value: 1 },
        { key: "b", value: 2 },
      ]),
    );
    const entries = await inAcme(() => walk());
    expect(entries).toEqual([
      ["rate", acme.id],
      ["a", 1],
      ["b", 2],
    ]);
    await inAcme(() => cache.clear());
    expect(await inAcme(() => walk())).toEqual([]);
    expect(await ofGlobex()).toBe(globex.id);
    expect(await new Keyv({ store }).get("shared")).toBe("of the application's own");
  });

  test("is that of the tenant that is given, whatever the context", async () => {
    const fixed = tenantCache({ store, tenant: globex });
    expect(await fixed.get("rate")).toBe(globex.id);
    expect(await inAcme(() => fixed.get("rate"))).toBe(globex.id);
  });

  test("cannot be left by any key", async () => {
    const keys = [
      `../tenant:${globex.id}:rate`,
      `tenant:${globex.id}:rate`,
      `:tenant:${globex.id}:rate`,
      `\0tenant:${globex.id}:rate`,
      `${globex.id}:rate`,
      "shared",
      "",
      "*",
    ];
    for (const key of keys) {
      expect(await inAcme(() => cache.get(key)), key).toBeUndefined();
      await inAcme(() => cache.set(key, "acme was here"));
      await inAcme(() => cache.delete(key));
    }
    expect(await ofGlobex()).toBe(globex.id);
    expect(await new Keyv({ store }).get("shared")).toBe("of the application's own");
    expect([...store.keys()].every((key) => key === "shared" || key.startsWith("tenant:"))).toBe(
      true,
    );
  });

  test("forgets by time to live, as Keyv does", async () => {
    await inAcme(() => cache.set("rate", 1, 60_000));
    expect(await inAcme(() => cache.get("rate"))).toBe(1);
    vi.useFakeTimers({ now: Date.now() + 61_000, toFake: ["Date"] });
    expect(await inAcme(() => cache.get("rate"))).toBeUndefined();
    vi.useRealTimers();
  });

  test("is never read or written without a tenant, whoever listens for errors", async () => {
    cache.on("error", () => {});
    const calls = [
      () => cache.get("rate"),
      () => cache.getMany(["rate"]),
      () => cache.getRaw("rate"),
      () => cache.has("rate"),
      () => cache.hasMany(["rate"]),
      () => cache.set("rate", 1),
      () => cache.setMany([{ key: "rate", value: 1 }]),
      () => cache.delete("rate"),
      () => cache.deleteMany(["rate"]),
      () => cache.clear(),
      () => walk(),
    ];
    for (const call of calls) {
      await expect(call(), String(call)).rejects.toMatchObject({ code: "context_missing" });
    }
    expect(await ofGlobex()).toBe(globex.id);
  });

  test("is not cleared where the store cannot list its keys", async () => {
    const blind = new Proxy(store, {
      get: (map, name) => {
        if (name === "entries" || name === "keys" || name === Symbol.iterator) return undefined;
        const value = Reflect.get(map, name);
        return typeof value === "function" ? value.bind(map) : value;
      },
    });
    const sizes = store.size;
    await inAcme(() => tenantCache({ store: blind }).clear());
    expect(store.size).toBe(sizes);
  });
});
