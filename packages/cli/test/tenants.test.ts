// The commands about tenants, run as processes against a real server.
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { CreatedTenantView, OperationView, TenantView } from "@hestia/api";
import type { Page } from "@hestia/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jsonOf, shellLine } from "./command.ts";
import { startWorld, type World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
  const dir = await world.writeMigrations({
    "tenant/0001_notes.sql": "create table notes (id uuid primary key, text text not null);",
  });
  await world.run(`migrate up --dir ${dir}`);
});
afterAll(() => world?.end());

describe("tenants create", () => {
  test("shows the steps as lines and then the tenant", async () => {
    const { code, stdout, stderr } = await world.run("tenants create acme --name 'Acme Airways'");
    expect(code).toBe(0);
    expect(
      stderr
        .replaceAll(/ \d+ ms| \d\.\d s/g, "")
        .trimEnd()
        .split("\n"),
    ).toEqual([
      "✔ validate",
      "✔ make partition",
      ...(stderr.includes("▸") ? ["▸ apply migrations  1 of 1: 0001_notes.sql"] : []),
      "✔ apply migrations  up to tenant/0001_notes.sql",
      "✔ initial configuration",
      "✔ verify",
      "✔ activate",
    ]);
    expect(stdout).toMatch(/^slug {7}acme\nname {7}Acme Airways\nstatus {5}active\n/);
  });

  test.each(["shared", "schema", "database"] as const)("makes a %s tenant", async (isolation) => {
    const outcome = await world.run(
      `tenants create in-${isolation} --isolation ${isolation} --settings '{"locale":"en"}' --json`,
    );
    expect(jsonOf<TenantView>(outcome)).toMatchObject({
      slug: `in-${isolation}`,
      name: `in-${isolation}`,
      status: "active",
      isolation,
      settings: { locale: "en" },
    });
    expect(outcome.code).toBe(0);
  });

  test("with --no-wait returns at once and says how to follow it", async () => {
    const outcome = await world.run("tenants create later --no-wait --json");
    const { status, operationId } = jsonOf<CreatedTenantView>(outcome);
    expect(status).toBe("provisioning");
    expect(outcome.stderr).toBe(`To follow it: hestia operations watch ${operationId}\n`);
    const watched = await world.run(`operations watch ${operationId} --json`);
    expect(jsonOf<OperationView>(watched).status).toBe("succeeded");
  });

  test("with the same idempotency key creates nothing twice", async () => {
    const words = "tenants create once --idempotency-key the-same-key --json";
    const [first, second] = [await world.run(words), await world.run(words)];
    expect(jsonOf<TenantView>(second).id).toBe(jsonOf<TenantView>(first).id);
  });

  test("lists every fault with its pointer, and is a conflict where the slug is taken", async () => {
    const faulty = await world.run("tenants create 'A B' --domain 'x y' --plan X");
    expect(faulty).toMatchObject({ code: 2, stdout: "" });
    expect(faulty.stderr).toContain("hestia: The input has 3 faults:");
    for (const pointer of ["/slug", "/plan", "/domain"])
      expect(faulty.stderr).toContain(`\n  ${pointer} `);
    await world.run("tenants create taken");
    const { code, stdout, stderr } = await world.run("tenants create taken --json");
    expect({ code, stdout }).toEqual({ code: 5, stdout: "" });
    expect(JSON.parse(stderr)).toMatchObject({ status: 409, code: "tenant_slug_taken" });
  });
});

describe("tenants list", () => {
  test("prints a Page for programs, exactly as the server gives it", async () => {
    const outcome = await world.run("tenants list --limit 2 --sort slug --json");
    const page = await world.client.tenants.list({ limit: 2, sort: "slug" });
    expect(jsonOf<Page<TenantView>>(outcome)).toEqual(page);
    expect(page.nextCursor).toBeDefined();
    const next = await world.run(
      `tenants list --limit 2 --sort slug --cursor ${page.nextCursor} --json`,
    );
    expect(jsonOf<Page<TenantView>>(next).items[0]?.slug).not.toBe(page.items[0]?.slug);
  });

  test("with --all pages through", async () => {
    const all = jsonOf<Page<TenantView>>(await world.run("tenants list --all --limit 2 --json"));
    const known = await world.client.tenants.list({ limit: 200 });
    expect(all).toEqual({ items: known.items });
  });

  test("prints a table for people, without colours and uncut where nobody looks", async () => {
    const name = `A very long name ${"x".repeat(100)}`;
    await world.run(`tenants create long --name '${name}'`);
    const { stdout } = await world.run("tenants list --search long");
    const [head, row, ...rest] = stdout.trimEnd().split("\n");
    expect(head).toMatch(/^SLUG +NAME +STATUS +ISOLATION +PLAN +CREATED$/);
    expect(row).toMatch(
      new RegExp(`^long  ${name}  active  shared     standard  .*(just now|ago)$`),
    );
    expect(rest).toEqual([]);
  });

  test("filters, and says when there is none", async () => {
    const outcome = await world.run("tenants list --status archived,purged --isolation schema");
    expect(outcome).toEqual({ code: 0, stdout: "", stderr: "No tenants.\n" });
  });

  test("ends quietly when its reader leaves", async () => {
    const outcome = await world.run("tenants list --json", {
      within: (line) => ["bash", "-o", "pipefail", "-c", `${shellLine(line)} | head -c 1`],
    });
    expect(outcome).toEqual({ code: 0, stdout: "{", stderr: "" });
  });
});

describe("one tenant", () => {
  test("is found by its slug and by its id", async () => {
    const bySlug = jsonOf<TenantView>(await world.run("tenants get acme --json"));
    const byId = jsonOf<TenantView>(await world.run(`tenants get ${bySlug.id} --json`));
    expect(byId).toEqual(bySlug);
    expect(bySlug).toEqual(await world.client.tenants.get({ tenantId: bySlug.id }));
  });

  test.each(["nobody", "No Slug", "01900000-0000-7000-8000-00000000ffff"])(
    "named %s is not found",
    async (name) => {
      const outcome = await world.run(`tenants get '${name}'`);
      expect(outcome).toMatchObject({ code: 4, stdout: "" });
      expect(outcome.stderr).toMatch(/^hestia: There is no (such )?tenant/);
    },
  );

  test("is changed where something was said, and nowhere else", async () => {
    await world.run(
      `tenants create changing --settings '{"a":1,"b":2}' --domain app.changing.test`,
    );
    const changed = jsonOf<TenantView>(
      await world.run(
        `tenants update changing --name Changed --settings '{"a":null}' --no-domain --json`,
      ),
    );
    expect(changed).toMatchObject({ name: "Changed", plan: "standard", settings: { b: 2 } });
    expect(changed).not.toHaveProperty("domain");
  });

  test("is suspended, read-only, resumed, deleted and restored", async () => {
    await world.run("tenants create moving");
    const statuses: string[] = [];
    for (const words of [
      "suspend moving --reason Unpaid.",
      "suspend moving --readonly --reason Unpaid.",
      "resume moving",
      "delete moving --yes",
      "restore moving --reason Paid.",
    ]) {
      const { code, stderr } = await world.run(`tenants ${words}`);
      expect({ words, code, stderr }).toMatchObject({ code: 0 });
      const { status, statusReason = "" } = jsonOf<TenantView>(
        await world.run("tenants get moving --json"),
      );
      statuses.push(`${status} ${statusReason}`.trim());
    }
    expect(statuses).toEqual([
      "suspended Unpaid.",
      "readonly Unpaid.",
      "active",
      "deleting",
      "active",
    ]);
  });

  test("says when its next station is due, and comes back from its archive with its steps", async () => {
    await world.run("plans create brief --grace-days 0 --archive-days 7");
    await world.run("tenants create returning --plan brief");
    await world.run("tenants update returning --retain-until 2099-01-01");
    await world.run("tenants delete returning --yes");
    const shown = async () => (await world.run("tenants get returning")).stdout;
    await expect.poll(shown, { timeout: 20_000 }).toMatch(/^status +archived/m);
    const archived = await shown();
    expect(archived).toMatch(/^ends +purged .* UTC \(in 7 days\)$/m);
    expect(archived).toMatch(/^kept +until 2099-01-01 .* at least$/m);
    const restored = await world.run("tenants restore returning");
    expect(restored.stderr).toMatch(/^✔ restore from the archive/);
    expect(restored.stdout).toMatch(/^status +active$/m);
    const released = jsonOf<TenantView>(
      await world.run("tenants update returning --no-retain-until --json"),
    );
    expect(released).not.toHaveProperty("retainUntil");
  });

  test("is not deleted where nobody can be asked and nobody said yes", async () => {
    const outcome = await world.run("tenants delete acme");
    expect(outcome).toEqual({
      code: 2,
      stdout: "",
      stderr: "hestia: Nobody can be asked here; say --yes to delete it.\n",
    });
  });

  test("that is deleted answers programs with the operation", async () => {
    await world.run("tenants create gone");
    const operation = jsonOf<OperationView>(await world.run("tenants delete gone --yes --json"));
    expect(operation).toMatchObject({ kind: "tenant.delete", status: "succeeded" });
  });
});

describe("tenants data", () => {
  test("shows tables and migrations, and says that bytes are a share", async () => {
    await world.run("tenants create measured");
    const { code, stdout, stderr } = await world.run("tenants data measured");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^notes +0 +0$/m)]);
    expect(stdout).toMatch(/^tenant\/0001_notes.sql +applied/m);
    expect(stderr).toContain("Bytes are a share");
  });
});

describe("between the command and the server", () => {
  test("a lost answer is asked for again, and happens once", async () => {
    let dropped = 0;
    const proxy = await openProxy((method) => method === "POST" && dropped++ === 0);
    const outcome = await world.run("tenants create lost --json", {
      env: { HESTIA_URL: proxy.url },
    });
    proxy.close();
    expect(outcome.code).toBe(0);
    expect(dropped).toBe(2);
    expect(jsonOf<TenantView>(outcome)).toMatchObject({ slug: "lost", status: "active" });
  });

  test("somebody else's change in the meantime is not overwritten", async () => {
    await world.run("tenants create contended");
    const [{ id } = { id: undefined }] = (await world.client.tenants.list({ slug: "contended" }))
      .items;
    const proxy = await openProxy(async (method) => {
      if (method === "PATCH" && id !== undefined)
        await world.client.tenants.update({ tenantId: id, name: "Theirs" }, { ifMatch: "*" });
      return false;
    });
    const outcome = await world.run("tenants update contended --name Ours", {
      env: { HESTIA_URL: proxy.url },
    });
    proxy.close();
    expect(outcome).toMatchObject({ code: 5, stdout: "" });
    expect(outcome.stderr).toBe(
      "hestia: Somebody changed contended at the same moment; look at it and run this again.\n",
    );
    expect((await world.client.tenants.list({ slug: "contended" })).items[0]?.name).toBe("Theirs");
  });

  test("a wrong key is said to be refused, and where it came from", async () => {
    const env = { HESTIA_OPERATOR_KEY: "a-key-that-no-server-ever-heard-of-1234" };
    const outcome = await world.run("tenants list", { env });
    expect(outcome).toEqual({
      code: 3,
      stdout: "",
      stderr: "hestia: The server refuses the key of HESTIA_OPERATOR_KEY; set the right one.\n",
    });
  });

  test("the data folder's key is not sent to another machine", async () => {
    const outcome = await world.run("tenants list --url https://hestia.example.com");
    expect(outcome).toMatchObject({ code: 3, stdout: "" });
    expect(outcome.stderr).toContain("the key of this folder's own server is not sent elsewhere.");
  });
});

/** A proxy before the server; where `drops` says so, the server acts and its answer is lost. */
async function openProxy(drops: (method: string) => boolean | Promise<boolean>) {
  const proxy = createServer(async (asked, answer) => {
    const isLost = await drops(asked.method ?? "");
    const onward = request(`${world.url}${asked.url}`, {
      method: asked.method,
      headers: asked.headers,
    });
    onward.on("response", (response) => {
      if (isLost) {
        response.resume().on("end", () => asked.socket.destroy());
        return;
      }
      answer.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(answer);
    });
    asked.pipe(onward);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => proxy.once("listening", resolve));
  const { port } = proxy.address() as AddressInfo;
  const close = () => {
    proxy.closeAllConnections();
    proxy.close();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}
