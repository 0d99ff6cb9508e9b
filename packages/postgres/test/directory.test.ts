// Finding tenants: the codes of connect() and tenant(), what is heard of changes, what goes on without the platform.

import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { connect } from "../src/index.ts";
import { makeWorld, type World } from "./world.fixture.ts";

let world: World;
beforeAll(async () => {
  world = await makeWorld(inject("postgresUrl"), "shared");
});
afterAll(() => world?.close());

const setStatus = (status: string, slug = "attacker") =>
  world.platform.query(
    "update platform.tenants set status = $1, version = version + 1 where slug = $2",
    [status, slug],
  );

describe("hestia.tenant", () => {
  test("finds by id and by slug", async () => {
    const { id, slug } = world.attacker;
    expect(await world.hestia.tenant(id)).toMatchObject({
      id,
      slug,
      isolation: "shared",
      status: "active",
    });
    expect(await world.hestia.tenant(slug)).toMatchObject({ id, slug });
  });

  test.each([
    "nobody",
    "00000000-0000-7000-8000-000000000000",
    "",
    "ATTACKER",
    "'; drop table x",
    "a".repeat(5000),
  ])("does not find %.40j", async (name) => {
    await expect(world.hestia.tenant(name)).rejects.toMatchObject({ code: "tenant_not_found" });
  });

  test("finds thousands that are looked for at once, and what one of them breaks is its own", async () => {
    const { directoryUrl: databaseUrl, secretKey } = world.clone;
    const hestia = await connect({ databaseUrl, secretKey });
    try {
      const outcomeOf = (name: string) =>
        hestia.tenant(name).then(
          ({ slug }) => slug,
          (error: { code?: string }) => error.code,
        );
      const strangers = Array.from({ length: 5_000 }, (_, index) => outcomeOf(`nobody-${index}`));
      const broken = outcomeOf("no\0body");
      const known = ["attacker", "victim", world.attacker.id].map(outcomeOf);
      expect(new Set(await Promise.all(strangers))).toEqual(new Set(["tenant_not_found"]));
      expect(await Promise.all(known)).toEqual(["attacker", "victim", "attacker"]);
      expect(await broken).not.toBe("attacker");
    } finally {
      await hestia.close();
    }
  });

  test.each([
    ["provisioning", "tenant_not_ready"],
    ["pending", "tenant_not_ready"],
    ["failed", "tenant_not_ready"],
    ["suspended", "tenant_suspended"],
    ["deleting", "tenant_ended"],
    ["archived", "tenant_ended"],
    ["purged", "tenant_ended"],
  ])("a tenant that is %s is %s as soon as the change is heard of", async (status, code) => {
    await world.hestia.tenant("attacker");
    await setStatus(status);
    await expect
      .poll(
        () =>
          world.hestia.tenant("attacker").then(
            () => "active",
            (error) => error.code,
          ),
        { timeout: 10_000 },
      )
      .toBe(code);
    await setStatus("active");
    await expect
      .poll(
        () =>
          world.hestia.tenant("attacker").then(
            (tenant) => tenant.status,
            (error) => error.code,
          ),
        { timeout: 10_000 },
      )
      .toBe("active");
  });

  test("a tenant that is new is found though it was looked for before", async () => {
    await expect(world.hestia.tenant("latecomer")).rejects.toMatchObject({
      code: "tenant_not_found",
    });
    await world.add("shared", "latecomer");
    expect(await world.hestia.tenant("latecomer")).toMatchObject({ slug: "latecomer" });
  });

  test("a verified domain is found, an unverified one is not", async () => {
    await world.platform.query(
      "update platform.tenants set domain = 'strikes.example.com' where slug = 'victim'",
    );
    expect(await world.hestia.find({ domain: "strikes.example.com" })).toBeUndefined();
    await world.platform.query(
      "update platform.tenants set domain_verified_at = now() where slug = 'victim'",
    );
    await expect
      .poll(async () => (await world.hestia.find({ domain: "strikes.example.com" }))?.slug, {
        timeout: 10_000,
      })
      .toBe("victim");
  });

  test("a thousand questions at once are one look-up", async () => {
    await setStatus("active");
    const before = await lookUps();
    await Promise.all(Array.from({ length: 1000 }, () => world.hestia.find({ slug: "attacker" })));
    // Others use the database meanwhile; a thousand look-ups would show all the same.
    expect((await lookUps()) - before).toBeLessThan(200);
  });

  /** Transactions that the directory's connections have made; only their number matters. */
  async function lookUps(): Promise<number> {
    await world.platform.query("select pg_stat_force_next_flush()");
    const { rows } = await world.platform.query(
      "select xact_commit::int as n from pg_stat_database where datname = current_database()",
    );
    return rows[0].n;
  }
});

describe("connect", () => {
  const options = () => ({
    databaseUrl: world.clone.directoryUrl,
    secretKey: world.clone.secretKey,
  });
  const changed = (change: (url: URL) => void) => {
    const url = new URL(world.clone.directoryUrl);
    change(url);
    return url.href;
  };

  test.each([
    ["no URL", () => "", "database_unsuitable", /DATABASE_URL is not set/],
    ["another kind of URL", () => "mysql://x/y", "database_unsuitable", /postgres:\/\//],
    [
      "a wrong password",
      () =>
        changed((url) => {
          url.password = "wrong";
        }),
      "database_unsuitable",
      /refused the password/,
    ],
    [
      "no such database",
      () =>
        changed((url) => {
          url.pathname = "/nothing";
        }),
      "database_unsuitable",
      /no database nothing/,
    ],
    [
      "nobody at the port",
      () =>
        changed((url) => {
          url.port = "1";
        }),
      "database_unavailable",
      /does not answer/,
    ],
  ])("says what is wrong with %s", async (_, url, code, message) => {
    await expect(connect({ ...options(), databaseUrl: url() })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });

  test("an option that is out of bounds is said before anything is opened", async () => {
    const databaseUrl = changed((url) => {
      url.port = "1";
    });
    await expect(connect({ ...options(), databaseUrl, pipelineMax: 0 })).rejects.toMatchObject({
      code: "invalid_input",
      faults: [expect.objectContaining({ pointer: "/pipelineMax" })],
    });
  });

  test("every fault of the options is told at once, also what is no option", async () => {
    const wrong = { connectionsMax: 0, pipelinMax: 4, waitMs: "10", weightOf: 2 };
    const refused = connect({ ...options(), ...wrong } as never);
    await expect(refused).rejects.toThrow(
      "connectionsMax is a whole number of 1 or more. pipelinMax is no option. waitMs is a whole number",
    );
    await expect(refused).rejects.toMatchObject({
      code: "invalid_input",
      faults: ["/connectionsMax", "/pipelinMax", "/waitMs", "/weightOf"].map((pointer) =>
        expect.objectContaining({ pointer }),
      ),
    });
  });

  test("says that the secret key is another one", async () => {
    await expect(
      connect({ ...options(), secretKey: "another key of more than 32 characters" }),
    ).rejects.toMatchObject({
      code: "database_unsuitable",
      message: expect.stringContaining("HESTIA_SECRET_KEY"),
    });
  });

  test("goes on serving known tenants while the platform database is gone", async () => {
    const hestia = await connect(options());
    await (await hestia.tenant("victim")).query("select 1");
    const database = new URL(world.clone.databaseUrl).pathname.slice(1);
    await world.superuser.query(`alter database ${database} with allow_connections false`);
    try {
      await world.superuser.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'hestia-directory'",
        [database],
      );
      const { rows } = await (await hestia.tenant("victim")).query(
        "select count(*)::int as n from orders",
      );
      expect(rows).toEqual([{ n: 300 }]);
    } finally {
      await world.superuser.query(`alter database ${database} with allow_connections true`);
    }
    await hestia.close();
  });
});
