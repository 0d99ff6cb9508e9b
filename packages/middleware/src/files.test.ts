import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { makeId, type TenantId } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import type { Disk } from "flydrive";
import { FSDriver } from "flydrive/drivers/fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { tenantDisk } from "./files.ts";

const [acme, globex] = [1, 2].map((at) => ({ id: makeId<TenantId>(at) }) as Tenant) as [
  Tenant,
  Tenant,
];
let folder: string;
let disk: Disk;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "hestia-files-"));
  disk = tenantDisk(new FSDriver({ location: join(folder, "files"), visibility: "private" }));
  for (const tenant of [acme, globex]) {
    await runWithTenant(tenant, () => disk.put("reports/2026.txt", tenant.id));
  }
  await writeFile(join(folder, "secret.txt"), "secret");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const inAcme = <T>(work: () => T) => runWithTenant(acme, work);
const ofGlobex = () => runWithTenant(globex, () => disk.get("reports/2026.txt"));

async function list(prefix?: string, recursive = true): Promise<string[]> {
  const { objects } = await disk.listAll(prefix, { recursive });
  return [...objects].map((each) => (each.isFile ? each.key : `${each.prefix}/`)).sort();
}

describe("a tenant's disk", () => {
  test("has the tenant's files below a folder of its own", async () => {
    expect(await inAcme(() => disk.get("reports/2026.txt"))).toBe(acme.id);
    expect(await ofGlobex()).toBe(globex.id);
    expect((await readdir(join(folder, "files/tenants"))).sort()).toEqual([acme.id, globex.id]);
    const stored = join(folder, "files/tenants", acme.id, "reports/2026.txt");
    expect(await readFile(stored, "utf8")).toBe(acme.id);
  });

  test("does all that a disk does", async () => {
    await inAcme(async () => {
      await disk.putStream("a.txt", Readable.from(["stream"]));
      await disk.copy("a.txt", "b.txt");
      await disk.move("b.txt", "c/d.txt");
      await disk.copyFromFs(join(folder, "secret.txt"), "e.txt");
      expect(await text(await disk.getStream("c/d.txt"))).toBe("stream");
      expect(Buffer.from(await disk.getBytes("e.txt")).toString()).toBe("secret");
      expect((await disk.getMetaData("a.txt")).contentLength).toBe(6);
      expect(await disk.getVisibility("a.txt")).toBe("private");
      const snapshot = await disk.file("a.txt").toSnapshot();
      expect(await disk.fromSnapshot(snapshot).get()).toBe("stream");
      await disk.delete("a.txt");
      expect([await disk.exists("a.txt"), await disk.exists("e.txt")]).toEqual([false, true]);
      expect(await list()).toEqual(["c/d.txt", "e.txt", "reports/2026.txt"]);
    });
  });

  test("lists the tenant's files and no one else's, by its own names", async () => {
    await mkdir(join(folder, "files/tenants", `${acme.id}-not`), { recursive: true });
    await writeFile(join(folder, "files/tenants", `${acme.id}-not`, "x.txt"), "x");
    expect(await inAcme(() => list())).toEqual(["reports/2026.txt"]);
    expect(await inAcme(() => list("/", false))).toEqual(["reports/"]);
    expect(await inAcme(() => list("reports"))).toEqual(["reports/2026.txt"]);
    const { objects } = await inAcme(() => disk.listAll("reports"));
    const [file] = [...objects];
    // A file stays its tenant's, wherever it is used.
    const contents = await runWithTenant(globex, async () => (file?.isFile ? file.get() : ""));
    expect(contents).toBe(acme.id);
  });

  test("is emptied for that tenant alone", async () => {
    await inAcme(() => disk.deleteAll());
    expect(await inAcme(() => list())).toEqual([]);
    expect(await ofGlobex()).toBe(globex.id);
  });

  const escapes = [
    `../${globex.id}/reports/2026.txt`,
    `reports/../../${globex.id}/reports/2026.txt`,
    "..",
    "...",
    "....",
    "reports/....",
    ".../x",
    `..../${globex.id}/reports/2026.txt`,
    "./reports/2026.txt",
    "reports/./2026.txt",
    "reports//2026.txt",
    "/etc/passwd",
    "/reports/2026.txt",
    `\\..\\${globex.id}\\reports\\2026.txt`,
    "C:\\secret.txt",
    `%2e%2e/${globex.id}/reports/2026.txt`,
    `..%2f${globex.id}/reports/2026.txt`,
    "reports/2026.txt\0.png",
    "\0",
    `..\n/${globex.id}`,
    " ../x",
    `․․/${globex.id}`,
    "",
    ".",
  ];
  test.each(escapes)("does not take the key %j", async (key) => {
    const calls: (() => unknown)[] = [
      () => disk.get(key),
      () => disk.put(key, "acme was here"),
      () => disk.putStream(key, Readable.from(["acme was here"])),
      () => disk.exists(key),
      () => disk.delete(key),
      () => disk.copy("reports/2026.txt", key),
      () => disk.copy(key, "mine.txt"),
      () => disk.move("reports/2026.txt", key),
      () => disk.getUrl(key),
      () => disk.getSignedUrl(key),
      () => disk.deleteAll(key === "" ? ".." : key),
      () => disk.listAll(key === "" ? ".." : key),
      async () => disk.file(key),
      async () => disk.driver.get(key),
      async () => disk.driver.deleteAll(key),
    ];
    for (const call of calls) {
      await expect(inAcme(call), String(call)).rejects.toMatchObject({ code: "file_key_invalid" });
    }
    expect(await inAcme(() => disk.get("reports/2026.txt"))).toBe(acme.id);
    expect(await ofGlobex()).toBe(globex.id);
    expect(await readFile(join(folder, "secret.txt"), "utf8")).toBe("secret");
  });

  test("is that of the tenant that is given, and of none without one", async () => {
    const driver = new FSDriver({ location: join(folder, "files"), visibility: "private" });
    expect(await inAcme(() => tenantDisk(driver, globex).get("reports/2026.txt"))).toBe(globex.id);
    const calls = [
      () => disk.get("reports/2026.txt"),
      () => disk.put("x.txt", "x"),
      () => disk.listAll(),
      () => disk.deleteAll(),
      async () => disk.file("x.txt"),
      () => disk.driver.get("reports/2026.txt"),
      () => disk.driver.deleteAll("/"),
    ];
    for (const call of calls) {
      await expect(call(), String(call)).rejects.toMatchObject({ code: "context_missing" });
    }
    expect(await ofGlobex()).toBe(globex.id);
  });
});
