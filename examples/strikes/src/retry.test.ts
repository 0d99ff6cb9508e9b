import { HestiaError } from "@hestia/core";
import { expect, test } from "vitest";
import { retrying } from "./retry.ts";

const down = () => new HestiaError("database_unavailable");

test("what passes is waited for, and said in one sentence each time", async () => {
  const said: string[] = [];
  let left = 2;
  const result = await retrying(
    async () => {
      left -= 1;
      if (left >= 0) throw down();
      return "there";
    },
    { onWait: (sentence) => said.push(sentence) },
  );
  expect(result).toBe("there");
  expect(said).toEqual([`${down().message} Trying again.`, `${down().message} Trying again.`]);
});

test("what does not pass is thrown at once, and what does not come back after the bound", async () => {
  let times = 0;
  const failing = (error: Error) => async () => {
    times += 1;
    throw error;
  };
  await expect(retrying(failing(new HestiaError("unauthenticated")))).rejects.toThrow("credential");
  const wrong = new HestiaError("database_unsuitable", { problem: "The password is wrong." });
  await expect(retrying(failing(wrong))).rejects.toThrow("password");
  await expect(retrying(failing(new TypeError("a bug")))).rejects.toThrow("a bug");
  expect(times).toBe(3);
  await expect(retrying(failing(down()), { boundMs: 350 })).rejects.toThrow("does not answer");
  expect(times).toBeGreaterThan(4);
});

test("stopping ends the wait", async () => {
  const stopping = new AbortController();
  const waiting = retrying(() => Promise.reject(down()), { signal: stopping.signal });
  setTimeout(() => stopping.abort(), 20);
  await expect(waiting).rejects.toThrow(/abort/i);
});
