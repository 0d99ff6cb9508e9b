import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { makeProgress } from "./progress.ts";

function screen(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
  let text = "";
  stream.on("data", (chunk) => {
    text += chunk;
  });
  return { stream, text: () => text };
}

test("a parent is told, and nothing is written", () => {
  const told: unknown[] = [];
  const { stream, text } = screen(true);
  const progress = makeProgress((message) => told.push(message), stream);
  progress.say("connecting");
  progress.count(500, 2_000, "Delta");
  progress.end();
  expect(told).toEqual([
    { kind: "progress", text: "connecting" },
    { kind: "progress", text: "loading strikes: 500 of 2000 (Delta)" },
  ]);
  expect(text()).toBe("");
});

test("a log gets a line now and then, and the last one", () => {
  let time = 0;
  const { stream, text } = screen(false);
  const progress = makeProgress(undefined, stream, () => time);
  progress.say("connecting");
  for (let done = 100; done <= 3_000; done += 100) {
    time += 100;
    progress.count(done, 3_000, "Delta");
  }
  progress.end();
  expect(text().trim().split("\n")).toEqual([
    "· connecting",
    "· loading strikes: 1000 of 3000 (Delta)",
    "· loading strikes: 2000 of 3000 (Delta)",
    "· loading strikes: 3000 of 3000 (Delta)",
  ]);
});

test("a terminal gets a bar, which is gone at the end", () => {
  const { stream, text } = screen(true);
  const progress = makeProgress(undefined, stream);
  progress.say("storing the migrations");
  progress.count(1_000, 2_000, "Delta");
  progress.count(2_000, 2_000, "Delta");
  progress.end();
  expect(text()).toContain("· storing the migrations");
  expect(text()).toContain("/2000 strikes");
  expect(text().endsWith("\u001b[2K")).toBe(true);
});
