// docs/events.md lists every type of event, and none that there is not.
import { readFileSync } from "node:fs";
import { eventTypes } from "@hestia/core";
import { expect, test } from "vitest";

test("every type of event is in the document's table", () => {
  const text = readFileSync(new URL("../../../docs/events.md", import.meta.url), "utf8");
  const [, table = ""] = /\| Types \| \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(text) ?? [];
  const listed = [...table.matchAll(/`([a-z_]+\.[a-z_]+)`/g)].map(([, type]) => type);
  expect(listed.sort()).toEqual([...eventTypes].sort());
});
