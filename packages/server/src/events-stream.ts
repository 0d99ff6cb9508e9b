// Server-sent events over one response: each with an id to continue from, a sign of life in between, and an end when
// there is nothing more to come, when the follower leaves or when the server stops.
import type { ServerResponse } from "node:http";
import type { StreamEvent } from "./handlers.ts";

const heartbeatMs = 15_000;
const reconnectMs = 1_000;

/** Writes the events to the response until they end; returns when the response has. */
export async function writeEvents(
  response: ServerResponse,
  {
    name,
    events,
    headers,
  }: {
    name: string;
    events: AsyncIterable<StreamEvent<unknown>>;
    headers: Readonly<Record<string, string>>;
  },
): Promise<void> {
  response.writeHead(200, {
    ...headers,
    "content-type": "text/event-stream; charset=utf-8",
    // Proxies must not hold events back.
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  });
  response.write(`retry: ${reconnectMs}\n\n`);
  const heart = setInterval(() => response.write(":\n\n"), heartbeatMs);
  try {
    for await (const { id, data } of events) {
      const text = `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
      if (!response.write(text)) await drained(response);
    }
  } finally {
    clearInterval(heart);
    response.end();
  }
}

// A follower that does not read must not fill our memory; one that left never drains.
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => {
    response.once("drain", resolve);
    response.once("close", resolve);
  });
}
