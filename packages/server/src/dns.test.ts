import { expect, test } from "vitest";
import { startNameServer } from "../test/dns-server.ts";
import { nameServerFault, resolveTextBy } from "./dns.ts";

test("texts that come in parts are one, what is not there is nothing, and silence is an error", async () => {
  const server = await startNameServer();
  const resolve = resolveTextBy([server.address]);
  const long = "x".repeat(400);
  server.records.set("app.acme.test", ["first", long]);
  expect(await resolve("app.acme.test")).toEqual(["first", long]);
  expect(await resolve("nothing.acme.test")).toEqual([]);
  server.silent = true;
  await expect(resolve("app.acme.test")).rejects.toMatchObject({
    code: "dns_unavailable",
    details: { record: "app.acme.test" },
  });
  await server.end();
});

test("a name server is an address, with a port or without one", () => {
  for (const good of ["192.0.2.53", "192.0.2.53:5353", "2001:db8::53", "[2001:db8::53]:5353"])
    expect(nameServerFault(good)).toBeUndefined();
  for (const wrong of ["dns.example.com", "", "192.0.2.53:x", "http://192.0.2.53"])
    expect([wrong, nameServerFault(wrong)]).toEqual([
      wrong,
      expect.stringContaining("name server"),
    ]);
});
