// Server-sent events over one response: each with an id to continue from, a sign of life in between, and an end when
// there is nothing more to come, when the follower leaves, reads nothing or may not hear more, or when the server stops.
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
    mayGoOn,
    heartMs = heartbeatMs,
  }: {
    name: string;
    events: AsyncIterable<StreamEvent<unknown>>;
    headers: Readonly<Record<string, string>>;
    /** Whether the follower may hear more: asked before each event, and while there is none. */
    mayGoOn: () => Promise<boolean>;
    heartMs?: number;
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
  let isBehind = false;
  const heart = setInterval(async () => {
    if (isOver(response)) return;
    // Between two signs of life it has read nothing: it is not there.
    if (isBehind && response.writableNeedDrain) return void response.destroy();
    isBehind = response.writableNeedDrain;
    if (!(await mayGoOn())) response.end();
    else if (!isOver(response)) response.write(":\n\n");
  }, heartMs);
  try {
    for await (const { id, data } of events) {
      if (!(await mayGoOn()) || isOver(response)) break;
      const text = `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
      if (!response.write(text)) await drained(response);
    }
  } finally {
    clearInterval(heart);
    response.end();
  }
}

const isOver = ({ destroyed, writableEnded }: ServerResponse): boolean =>
  destroyed || writableEnded;

// A follower that does not read must not fill our memory; one that left never drains.
async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  response.once("drain", resolve).once("close", resolve);
  await promise;
  response.off("drain", resolve).off("close", resolve);
}
