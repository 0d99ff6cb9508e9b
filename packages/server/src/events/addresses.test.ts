// What may be reached, address by address: everything that is not plainly public is refused unless it was excepted.
import { describe, expect, test } from "vitest";
import {
  AddressRefused,
  exceptionFault,
  judgedAddress,
  makeAddressRule,
  urlFaults,
} from "./addresses.ts";

const rule = makeAddressRule([]);

test.each(["8.8.8.8", "93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001::200e"])(
  "%s is public",
  (address) => expect(rule.permits("example.com", address)).toBe(true),
);

test.each([
  "0.0.0.0",
  "0.1.2.3",
  "10.0.0.1",
  "100.64.0.1",
  "100.127.255.255",
  "127.0.0.1",
  "127.255.255.254",
  "169.254.169.254",
  "169.254.170.2",
  "172.16.0.1",
  "172.31.255.255",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "192.168.1.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "::",
  "::1",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::ffff:169.254.169.254",
  "::ffff:10.0.0.1",
  "::127.0.0.1",
  "::ffff:0:127.0.0.1",
  "64:ff9b::127.0.0.1",
  "64:ff9b::8.8.8.8",
  "64:ff9b:1::1",
  "100::1",
  "2001::1",
  "2001:db8::1",
  "2002:7f00:1::",
  "2002:a9fe:a9fe::",
  "3fff::1",
  "5f00::1",
  "fc00::1",
  "fd00:ec2::254",
  "fe80::1",
  "fe80::1%eth0",
  "fec0::1",
  "ff02::1",
  "4000::1",
  "not an address",
  "",
])("%s is not", (address) => expect(rule.permits("example.com", address)).toBe(false));

describe("an exception", () => {
  const excepting = makeAddressRule(["127.0.0.0/8", "::1", "10.1.2.3", "hooks.internal"]);

  test.each([
    ["example.com", "127.0.0.1", true],
    ["example.com", "::ffff:127.0.0.1", true],
    ["example.com", "::1", true],
    ["example.com", "10.1.2.3", true],
    ["example.com", "10.1.2.4", false],
    ["example.com", "169.254.169.254", false],
    ["hooks.internal", "192.168.7.7", true],
    ["hooks.internal.", "192.168.7.7", true],
    ["other.hooks.internal", "192.168.7.7", false],
  ])("of %s at %s: %s", (host, address, permitted) => {
    expect(excepting.permits(host, address)).toBe(permitted);
  });

  test.each(["127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "localhost", "a-b.example.com"])(
    "can be %s",
    (text) => expect(exceptionFault(text)).toBeUndefined(),
  );
  test.each(["", "10.0.0.0/33", "300.1.1.1", "https://example.com", "*.example.com", "a b", "1/2"])(
    "cannot be %s",
    (text) => expect(exceptionFault(text)).toContain(text),
  );
});

describe("an address that is saved", () => {
  const codes = (text: string, given = rule) => urlFaults(given, text).map(({ code }) => code);

  test.each([
    "https://127.0.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[::1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://localhost/",
    "https://localhost./",
    "https://x.localhost:8443/",
    "http://example.com/",
  ])("%s is refused", (text) => expect(codes(text)).toEqual(["not_allowed"]));

  test("is public and secure, or excepted", () => {
    expect(codes("https://example.com/hooks")).toEqual([]);
    expect(codes("http://127.0.0.1:8080/")).toEqual(["not_allowed", "not_allowed"]);
    const loopback = makeAddressRule(["127.0.0.0/8"]);
    expect(codes("http://127.0.0.1:8080/", loopback)).toEqual([]);
    expect(codes("http://localhost:8080/", loopback)).toEqual([]);
    expect(codes("http://example.com/", loopback)).toEqual(["not_allowed"]);
    expect(codes("https://[fe80::1]/", makeAddressRule(["fe80::/10"]))).toEqual([]);
    expect(codes("http://hooks.internal/", makeAddressRule(["hooks.internal"]))).toEqual([]);
  });
});

describe("a name", () => {
  const judge = (addresses: string[], url = "https://example.com/", exceptions: string[] = []) =>
    judgedAddress(new URL(url), {
      rule: makeAddressRule(exceptions),
      resolve: async () => addresses,
    });

  test("leads to its first address when all of them are public", async () => {
    expect(await judge(["1.1.1.1", "2606:4700::1111"])).toBe("1.1.1.1");
  });

  test.each([[["127.0.0.1"]], [["1.1.1.1", "10.0.0.1"]], [["::ffff:169.254.169.254"]], [[]]])(
    "that leads to %s is refused",
    async (addresses) => {
      await expect(judge(addresses)).rejects.toThrow(AddressRefused);
    },
  );

  test("may be sent to without TLS only when it was excepted", async () => {
    await expect(judge(["1.1.1.1"], "http://example.com/")).rejects.toThrow("Plain http");
    expect(await judge(["1.1.1.1"], "http://example.com/", ["example.com"])).toBe("1.1.1.1");
    expect(await judge(["127.0.0.1"], "http://example.com/", ["127.0.0.1"])).toBe("127.0.0.1");
  });
});
