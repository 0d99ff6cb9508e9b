import { EventEmitter } from "node:events";
import { findCurrentTenant, runWithTenant, type Tenant } from "@hestia/postgres";
import { expect, test } from "vitest";
import { emitInContext } from "./node-context.ts";

const [delta, united] = [{ slug: "delta" }, { slug: "united" }] as unknown as [Tenant, Tenant];

function heardBy(emitter: EventEmitter): (Tenant | undefined)[] {
  const heard: (Tenant | undefined)[] = [];
  emitter.on("finish", () => heard.push(findCurrentTenant()));
  return heard;
}

test("listeners hear an event as the tenant that was named last, whoever emits it", () => {
  const emitter = new EventEmitter();
  const heard = heardBy(emitter);
  for (const tenant of [delta, united, undefined]) {
    emitInContext(emitter, tenant);
    emitter.emit("finish");
    runWithTenant(delta, () => emitter.emit("finish"));
  }
  expect(heard).toEqual([delta, delta, united, united, undefined, undefined]);
});

test("an emit that others have put before ours in between is kept, and called once", () => {
  const emitter = new EventEmitter();
  const heard = heardBy(emitter);
  emitInContext(emitter, delta);
  const { emit } = emitter;
  let calls = 0;
  emitter.emit = (...event) => {
    calls += 1;
    return emit.apply(emitter, event);
  };
  emitInContext(emitter, united);
  expect(emitter.emit("finish")).toBe(true);
  expect([calls, heard]).toEqual([1, [united]]);
});

test("an event that nobody hears is answered as Node answers it", () => {
  const emitter = new EventEmitter();
  emitInContext(emitter, delta);
  expect(emitter.emit("close")).toBe(false);
  expect(() => emitter.emit("error", new Error("unheard"))).toThrow("unheard");
});
