// What one connection keeps prepared: few statements, and none at the cost of both ends' memory.
import { expect, test } from "vitest";
import { ConnectionState } from "./connection-state.ts";

/** How many of the texts are still prepared when all were asked for, each with so many columns. */
function kept(texts: readonly string[], columns: number): number {
  const state = new ConnectionState();
  for (const text of texts) state.described(state.take("app", text), text, columns);
  return texts.length - state.drainClosing().length;
}

const texts = (count: number, chars: number) =>
  Array.from({ length: count }, (_, at) => `${at}`.padEnd(chars));

test("a connection keeps the latest 256 statements as applications write them", () => {
  expect(kept(texts(300, 1_000), 15)).toBe(256);
});

test("it keeps fewer that are long, or have many columns", () => {
  expect(kept(texts(300, 10_000), 0)).toBe(52);
  expect(kept(texts(300, 100), 1_664)).toBe(4);
});

test("one that is described again, or closed meanwhile, is counted once", () => {
  const state = new ConnectionState();
  const [text = "", ...others] = texts(53, 10_000);
  const first = state.take("app", text);
  for (let turn = 0; turn < 100; turn += 1) state.described(first, text, 1);
  expect(state.drainClosing()).toEqual([]);
  for (const other of others) state.take("app", other);
  expect(state.drainClosing()).toEqual([first.name]);
  state.described(first, text, 1_664);
  state.forget("app", text, first);
  expect(state.drainClosing()).toEqual([]);
});
