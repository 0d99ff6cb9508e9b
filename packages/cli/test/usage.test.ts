// What the command answers by itself, without a server: help, mistakes, missing keys, servers that are not there.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exitCodes } from "../src/exit-codes.ts";
import { hestia } from "./command.ts";

const key = { HESTIA_OPERATOR_KEY: "a-key-that-no-server-ever-heard-of-1234" };
const nowhere = "http://127.0.0.1:1";

test("help names every command", async () => {
  const { code, stdout, stderr } = await hestia(["--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const name of ["tenants", "operations", "migrate", "webhooks", "doctor", "isolation"])
    expect(stdout).toContain(name);
  expect(stdout.split("\n").filter((line) => line.length > 100)).toEqual([
    expect.stringContaining("Exit codes:"),
  ]);
});

test.each([
  ["tenants create", "hestia tenants create acme"],
  ["tenants list", "hestia tenants list --status"],
  ["tenants update", "hestia tenants update acme"],
  ["tenants suspend", "hestia tenants suspend acme"],
  ["tenants delete", "hestia tenants delete acme"],
  ["operations watch", "hestia operations watch 0"],
  ["migrate up", "hestia migrate up --dir"],
  ["webhooks create", "hestia webhooks create crm"],
  ["webhooks replay", "hestia webhooks replay crm --from"],
  ["doctor", "hestia doctor --sql"],
  ["isolation check", "hestia isolation check --full"],
])("the help of %s has an example", async (words, example) => {
  const { code, stdout } = await hestia([...words.split(" "), "--help"]);
  expect(code).toBe(0);
  expect(stdout).toContain(`$ ${example}`);
});

test("the version is the package's", async () => {
  expect(await hestia(["--version"])).toMatchObject({ code: 0, stdout: "0.1.0\n" });
});

test.each([
  ["tenant list", "Unknown command 'tenant' (Did you mean tenants?)"],
  ["tenants lst", "Unknown command 'lst' (Did you mean list?)"],
  ["tenants list --statuses x", "Unknown option '--statuses' (Did you mean --status?)"],
  ["tenants get", "Missing required argument 'tenant'"],
  ["tenants suspend acme", "Required option '--reason <reason>' not specified"],
  ["tenants create acme --isolation none", "Allowed choices are shared, schema, database."],
  ["tenants list --limit many", "--limit  It must be a whole number."],
  ["tenants create acme --settings {", "--settings  It is not JSON"],
  ["tenants create acme --settings []", "--settings  It must be a JSON object"],
  ["tenants create acme --settings @absent.json", "absent.json cannot be read"],
  ["webhooks update crm", "Say what to change; see: hestia webhooks update --help"],
  ["webhooks replay crm", "--from  Name a delivery, or the time from which on to send again."],
  ["webhooks replay crm --from noon", "--from  It must be a time, such as"],
  ["webhooks replay crm last", '"last" is no delivery\'s id; see: hestia webhooks deliveries', 4],
  ["tenants update acme", "Say what to change; see: hestia tenants update --help"],
  ["tenants list --url ftp://example.com", "is no address; write it like http://127.0.0.1:4378."],
  ["migrate up --dir .", "has neither a folder tenant/ nor a folder shared/."],
  ["operations watch last", '"last" is no operation\'s id; see: hestia operations list', 4],
])("hestia %s is refused in one sentence", async (words, sentence, code = 2) => {
  const cwd = await mkdtemp(join(tmpdir(), "hestia-cli-"));
  const outcome = await hestia(words.split(" "), { env: key, cwd });
  await rm(cwd, { recursive: true });
  expect(outcome).toMatchObject({ code, stdout: "" });
  expect(outcome.stderr).toContain(sentence);
  expect(outcome.stderr).toMatch(/^hestia: /);
});

test("a noun alone shows what it can do and is no success", async () => {
  const { code, stdout, stderr } = await hestia(["tenants"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toContain("create [options] <slug>");
});

test("with --json a mistake is a problem document on the standard error", async () => {
  const { code, stdout, stderr } = await hestia(["tenants", "list", "--json", "--foo"]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({
    status: 422,
    code: "invalid_input",
    detail: "Unknown option '--foo'",
  });
});

test("a server that does not answer is asked again and then said to be away", async () => {
  const { code, stdout, stderr } = await hestia(["tenants", "list", "--url", nowhere], {
    env: key,
  });
  expect({ code, stdout }).toEqual({ code: 7, stdout: "" });
  expect(stderr).toBe(
    `The server does not answer as it should; trying again.\nhestia: No answer from ${nowhere}; see that the server runs and that the address is right.\n`,
  );
});

test("what is not Hestia's server is said to be none", async () => {
  const server = createServer((_, response) => response.end("hello")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const outcome = await hestia(["tenants", "list", "--url", url], { env: key });
  server.close();
  expect(outcome).toMatchObject({ code: 1, stdout: "" });
  expect(outcome.stderr).toContain("is not one of Hestia's; see what stands at that address.");
});

test("without a key nothing is asked", async () => {
  const { code, stderr } = await hestia(["tenants", "list", "--url", nowhere]);
  expect(code).toBe(3);
  expect(stderr).toContain(`There is no operator key for ${nowhere}; set HESTIA_OPERATOR_KEY`);
});

test("the doctor without a database says which one it needs", async () => {
  const { code, stderr } = await hestia(["doctor"]);
  expect(code).toBe(7);
  expect(stderr).toBe(
    "hestia: No database is named; set DATABASE_URL to the platform's, as its administrator.\n",
  );
});

test("the doctor's database that does not answer is one sentence without a password", async () => {
  const DATABASE_URL = "postgres://me:very-secret@127.0.0.1:1/hestia";
  const { code, stderr } = await hestia(["doctor"], { env: { DATABASE_URL } });
  expect(code).toBe(7);
  expect(stderr.trim().split("\n")).toHaveLength(1);
  expect(stderr).not.toContain("very-secret");
});

test("every command and exit code is in the documents", async () => {
  const text = await readFile(new URL("../../../docs/cli.md", import.meta.url), "utf8");
  for (const code of Object.values(exitCodes)) expect(text).toContain(`\n| ${code} |`);
  for (const noun of ["tenants", "operations", "migrate", "webhooks"]) {
    const { stdout } = await hestia(["help", noun]);
    const verbs = [...stdout.matchAll(/^ {2}([a-z-]+) \[options\]/gm)].map(([, verb]) => verb);
    expect(verbs.length).toBeGreaterThan(1);
    for (const verb of verbs) expect(text).toContain(`${noun} ${verb}`);
  }
});
