// The policy against a plain model: whatever comes in whatever order, nobody gets more than the cap, whoever holds least
// goes first, and nobody waits while others are served without end.

import fc from "fast-check";
import { expect, test } from "vitest";
import { FairShare, type Line } from "./fair-share.ts";

type TestLine = Line & { waiting: { length: number } };

const makeLine = (tenantId: string, weight = 1): TestLine => ({
  tenantId,
  weight,
  active: 0,
  waiting: { length: 0 },
});

const ask = (share: FairShare<TestLine>, line: TestLine, now: number) => {
  share.seen(line, now);
  line.waiting.length += 1;
  if (line.waiting.length === 1) share.enter(line);
};

const serve = (share: FairShare<TestLine>, now: number) => {
  const line = share.next(now, () => 0);
  if (!line) return undefined;
  line.waiting.length -= 1;
  line.active += 1;
  if (line.waiting.length === 0) share.leave(line);
  return line;
};

test("alone a tenant may have everything, beside others it leaves room", () => {
  const share = new FairShare<TestLine>(16, Number.POSITIVE_INFINITY);
  const [flood, quiet] = [makeLine("flood"), makeLine("quiet")];
  for (let index = 0; index < 40; index += 1) ask(share, flood, 0);
  for (let index = 0; index < 16; index += 1) expect(serve(share, 0)).toBe(flood);
  expect(serve(share, 0)).toBeUndefined();
  flood.active = 1;
  ask(share, quiet, 100_000);
  expect(serve(share, 100_000)).toBe(quiet);
  [flood.active, quiet.active] = [0, 0];
  for (let index = 0; index < 14; index += 1) expect(serve(share, 100_000)).toBe(flood);
  expect(serve(share, 100_000)).toBeUndefined();
  expect(serve(share, 159_000)).toBeUndefined();
  ask(share, flood, 160_100);
  expect(serve(share, 160_100)).toBe(flood);
});

test("a cap holds even when nobody else is there, and a small budget leaves no room", () => {
  const capped = new FairShare<TestLine>(16, 3);
  const line = makeLine("one");
  for (let index = 0; index < 9; index += 1) ask(capped, line, 0);
  expect([1, 2, 3, 4].map(() => serve(capped, 0) !== undefined)).toEqual([true, true, true, false]);
  const single = new FairShare<TestLine>(1, Number.POSITIVE_INFINITY);
  const [a, b] = [makeLine("a"), makeLine("b")];
  ask(single, a, 0);
  ask(single, b, 0);
  expect(serve(single, 0)).toBe(a);
});

test("a weight of two gets twice the share", () => {
  const share = new FairShare<TestLine>(9, Number.POSITIVE_INFINITY);
  const [heavy, light] = [makeLine("heavy", 2), makeLine("light", 1)];
  for (let index = 0; index < 20; index += 1)
    for (const line of [heavy, light]) ask(share, line, 0);
  for (let index = 0; index < 9; index += 1) serve(share, 0);
  expect([heavy.active, light.active]).toEqual([6, 3]);
});

const event = fc.record({ kind: fc.constantFrom("ask", "end", "pass"), tenant: fc.nat(6) });

test("whatever happens, caps hold, the least served goes first, and everyone is served in the end", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(event, { maxLength: 400 }),
      (budget, events) => {
        const share = new FairShare<TestLine>(budget, Number.POSITIVE_INFINITY);
        const lines = Array.from({ length: 7 }, (_, index) => makeLine(`t${index}`));
        let now = 0;
        const active = () => lines.reduce((sum, line) => sum + line.active, 0);
        const drain = () => {
          while (active() < budget) {
            const eligible = lines.filter(
              (line) => line.waiting.length > 0 && share.mayHaveMore(line, now),
            );
            const least = Math.min(...eligible.map((line) => line.active));
            const served = serve(share, now);
            if (!served) return expect(eligible).toEqual([]);
            expect(served.active - 1).toBe(least);
          }
        };
        for (const { kind, tenant } of events) {
          const line = lines[tenant] as TestLine;
          if (kind === "pass") now += 20_000;
          else if (kind === "ask") ask(share, line, now);
          else if (line.active > 0) line.active -= 1;
          drain();
          expect(active()).toBeLessThanOrEqual(budget);
        }
        for (let turn = 0; lines.some((line) => line.waiting.length > 0); turn += 1) {
          expect(turn).toBeLessThan(1_000);
          for (const line of lines) line.active = Math.max(0, line.active - 1);
          now += 10;
          drain();
        }
      },
    ),
  );
});
