import { describe, expect, test } from "vitest";
import { open, seal } from "./secrets.ts";

const key = "a secret key of more than 32 characters";

describe("sealing", () => {
  test("a sealed text opens with the same key and purpose", () => {
    expect(open(key, "cluster:default", seal(key, "cluster:default", "päss"))).toBe("päss");
  });

  test("the same text seals differently each time", () => {
    expect(seal(key, "a", "x")).not.toBe(seal(key, "a", "x"));
  });

  test.each([
    ["another key", () => open(`${key}!`, "a", seal(key, "a", "x"))],
    ["another purpose", () => open(key, "b", seal(key, "a", "x"))],
    ["a changed text", () => open(key, "a", seal(key, "a", "x").slice(0, -2))],
    ["another version", () => open(key, "a", seal(key, "a", "x").replace("v1", "v2"))],
    ["nothing", () => open(key, "a", "")],
  ])("%s does not open it, and the message names the variable", (_, attempt) => {
    expect(attempt).toThrow(
      expect.objectContaining({
        code: "database_unsuitable",
        message: expect.stringContaining("HESTIA_SECRET_KEY"),
      }),
    );
  });

  test("a short key is refused with the way to make one", () => {
    expect(() => seal("short", "a", "x")).toThrow(/openssl rand/);
  });
});
