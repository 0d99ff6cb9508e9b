// Server-sent events as an async iterable. A connection that breaks is opened again from the last
// event on; the stream is over when an event tells that its subject is finished.
import { isHestiaError } from "@hestia/core";
import { createParser } from "eventsource-parser";

type Stream<Event> = {
  /** Opens the stream with the given header fields; throws what the server answers instead. */
  readonly open: (headers: Record<string, string>) => Promise<Response>;
  readonly signal?: AbortSignal | undefined;
  /** Not used at run time: what the events are. */
  readonly event?: Event;
};

const firstPauseMs = 250;
const longestPauseMs = 5_000;
/** The server shows that it lives every 15 s: after so long without a sign a connection leads nowhere. */
const silenceMsMax = 45_000;
const eventCharsMax = 1_000_000;
/** Attempts in a row without an event before the stream is given up: about half a minute. */
const failuresMax = 10;

/** Follows a stream of events until its subject is finished. */
export async function* followEvents<Event extends { finishedAt?: unknown }>({
  open,
  signal,
}: Stream<Event>): AsyncGenerator<Event> {
  let lastEventId: string | undefined;
  // Until something came, a failure is the answer; after that, a broken connection is passing.
  let failuresLeft = 0;
  let pauseMs = firstPauseMs;
  while (true) {
    const headers: Record<string, string> = { accept: "text/event-stream" };
    if (lastEventId !== undefined) headers["last-event-id"] = lastEventId;
    try {
      for await (const message of readMessages<Event>(await open(headers))) {
        lastEventId = message.id ?? lastEventId;
        pauseMs = firstPauseMs;
        failuresLeft = failuresMax;
        yield message.event;
        if (message.event.finishedAt !== undefined) return;
      }
    } catch (error) {
      if (signal?.aborted === true || failuresLeft === 0 || !isPassing(error)) throw error;
    }
    failuresLeft = Math.max(0, failuresLeft - 1);
    await pause(pauseMs, signal);
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}

async function* readMessages<Event>(
  response: Response,
): AsyncGenerator<{ id: string | undefined; event: Event }> {
  if (response.body === null) return;
  const messages: { id: string | undefined; event: Event }[] = [];
  const parser = createParser({
    onEvent: ({ id, data }) => void messages.push({ id, event: JSON.parse(data) as Event }),
    maxBufferSize: eventCharsMax,
  });
  const decoder = new TextDecoder();
  const reader = response.body.getReader();
  // What is cancelled ends as if it were over, and is opened anew; that it was broken already changes nothing.
  const read = () => {
    const silent = setTimeout(() => void reader.cancel().catch(() => undefined), silenceMsMax);
    return reader.read().finally(() => clearTimeout(silent));
  };
  try {
    for (let part = await read(); !part.done; part = await read()) {
      parser.feed(decoder.decode(part.value, { stream: true }));
      yield* messages.splice(0);
    }
  } finally {
    // Also when the caller stops early: the connection must not stay open behind its back.
    await reader.cancel().catch(() => undefined);
  }
}

/** Tells a broken connection and a server that will be back from an answer that is final. */
function isPassing(error: unknown): boolean {
  return isHestiaError(error)
    ? error.kind === "unavailable" || error.kind === "limited"
    : error instanceof TypeError;
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
