import { createAdaptorServer } from "@hono/node-server";
import { beforeAll, describe, expect, test } from "vitest";
import { bodyInContext } from "./body-context.ts";

// Making a server puts its own Response in place of Node's.
const native = Response;
beforeAll(() => void createAdaptorServer({ fetch: () => new Response() }));

const bytes = new TextEncoder().encode("bytes");
const streamOf = () => new Blob(["streamed"]).stream();

describe("of Hono's Node server", () => {
  test("a body that is there as a whole is sent as it is", () => {
    expect(Response).not.toBe(native);
    for (const body of ["text", bytes, null]) {
      const response = new Response(body);
      expect(bodyInContext(response, undefined)).toBe(response);
    }
  });

  test("a body that is streamed is not", async () => {
    const response = new Response(streamOf());
    const inContext = bodyInContext(response, undefined);
    expect(inContext).not.toBe(response);
    expect(await inContext.text()).toBe("streamed");
  });
});

test("any other's body may be a stream", async () => {
  const response = new native("text");
  const inContext = bodyInContext(response, undefined);
  expect(inContext).not.toBe(response);
  expect(await inContext.text()).toBe("text");
});
