import { expect, test } from "vitest";
import { isSameOrigin } from "./same-origin.ts";

const host = "delta.localhost:4379";

test.each([
  [{}, true],
  [{ origin: "http://delta.localhost:4379" }, true],
  [{ origin: "https://delta.localhost:4379" }, true],
  [{ "sec-fetch-site": "same-origin" }, true],
  [{ "sec-fetch-site": "none" }, true],
  [{ "sec-fetch-site": "same-site" }, false],
  [{ "sec-fetch-site": "cross-site" }, false],
  [{ "sec-fetch-site": "cross-site", origin: "http://delta.localhost:4379" }, false],
  [{ origin: "http://delta.localhost" }, false],
  [{ origin: "http://united.localhost:4379" }, false],
  [{ origin: "http://delta.localhost:4379.evil.example" }, false],
  [{ origin: "null" }, false],
  [{ origin: "" }, false],
  [{ origin: ["http://delta.localhost:4379", "http://evil.example"] }, false],
])("%j: %s", (headers, expected) => {
  expect(isSameOrigin({ headers, host })).toBe(expected);
});
