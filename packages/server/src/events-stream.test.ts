// A stream of events towards a follower that reads nothing, and towards one that may not hear more.
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { writeEvents } from "./events-stream.ts";

/** Serves one stream to a bare connection. */
async function serve(write: (response: ServerResponse) => Promise<void>) {
  const server = createServer();
  onTestFinished(() => void server.close());
  const asked = once(server, "request") as Promise<[unknown, ServerResponse]>;
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  socket.pause();
  socket.on("error", () => {});
  socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [, response] = await asked;
  return { socket, response, written: write(response) };
}

test("a follower that reads nothing is let go, and nothing is held for it", async () => {
  let made = 0;
  async function* endless() {
    for (;;) yield { id: String(++made), data: "x".repeat(100_000) };
  }
  const { response, written } = await serve((to) =>
    writeEvents(to, {
      ...{ name: "change", headers: {}, events: endless(), heartMs: 20 },
      mayGoOn: async () => true,
    }),
  );
  await written;
  expect(response.destroyed).toBe(true);
  expect(response.listenerCount("close")).toBeLessThan(5);
  // No more than the connection itself takes up.
  expect(made).toBeLessThan(1_000);
});

test("a follower that may not hear more is told to go while nothing happens, and what it waited for ends", async () => {
  let isAllowed = true;
  let isEnded = false;
  async function* quiet(to: ServerResponse) {
    try {
      yield { id: "1", data: "heard" };
      isAllowed = false;
      await once(to, "close");
      yield { id: "2", data: "not heard" };
    } finally {
      isEnded = true;
    }
  }
  const { socket, written } = await serve((to) =>
    writeEvents(to, {
      ...{ name: "change", headers: {}, events: quiet(to), heartMs: 20 },
      mayGoOn: async () => isAllowed,
    }),
  );
  let said = "";
  socket.on("data", (part) => {
    said += part;
  });
  socket.resume();
  await written;
  expect(isEnded).toBe(true);
  await expect.poll(() => said).toContain("0\r\n\r\n");
  expect(said).toContain('data: "heard"');
  expect(said).not.toContain("not heard");
});
