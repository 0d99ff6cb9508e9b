// A server frozen (SIGSTOP) in every step of every kind of operation, also while it undoes them, until another has taken
// all of it over: each completes or is undone, and the one that wakes up writes nothing, says so to nobody, and serves on.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { playedRounds, Stage } from "./steps.ts";
import { until } from "./world.ts";

// An isolation check attacks a hundred times, and is begun anew by who takes it over.
vi.setConfig({ testTimeout: 240_000 });

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.open();
});
afterAll(() => stage?.close());

// Some wake up while the other is still at it, some when it is done.
test.each(playedRounds(1).map((each, index) => ({ ...each, early: index % 2 === 0 })))(
  "$names",
  async ({ rounds, early }) => {
    const scene = await stage.begin(rounds);
    const victim = await stage.startHeir();
    victim.child.kill("SIGSTOP");
    await until("all are taken over", () => scene.isTakenOver());
    const wake = async () => {
      victim.child.kill("SIGCONT");
      await until("it serves again", async () => (await fetch(`${victim.url}/readyz`)).ok);
    };
    if (early) await wake();
    await scene.letGo();
    await scene.end();
    if (!early) await wake();
    await victim.kill("SIGTERM");
    expect([victim.child.exitCode, victim.child.signalCode]).toEqual([0, null]);
    await scene.compare();
  },
);

test("nothing says any more that there ever was another server", () =>
  until("the leases of the others are gone", () => stage.isAlone()));
