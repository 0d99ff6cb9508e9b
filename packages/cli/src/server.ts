// The way to the server: where it is, with which key, and what to do when it does not answer. The key of a data folder
// is for the server on this machine and is never sent to another.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Client, createClient } from "@hestia/api";
import { HestiaError, invalidInput, isHestiaError } from "@hestia/core";
import type { Context, ServerOptions } from "./context.ts";
import type { Environment } from "./environment.ts";

/** A server that may be asked. */
export type Server = {
  readonly client: Client;
  /** Makes a call; one whose answer did not come is made again, since the caller gives it an idempotency key. */
  send<T>(call: () => Promise<T>): Promise<T>;
};

const defaultUrl = "http://127.0.0.1:4378";
const pausesMs = [300, 1_000];
const longestPauseMs = 5_000;

/** Finds the server and the key; throws `unauthenticated` when there is none. */
export function openServer({ environment, output }: Context, options: ServerOptions): Server {
  const baseUrl = parseUrl(options.url ?? environment.url ?? defaultUrl);
  const key = findKey(environment, baseUrl);
  const client = createClient({ baseUrl: baseUrl.href.replace(/\/$/, ""), key: key.value });
  const explain = (error: unknown) =>
    isHestiaError(error, "unauthenticated") ? key.refused : error;
  const send = async <T>(call: () => Promise<T>): Promise<T> => {
    for (const [index, pauseMs] of pausesMs.entries()) {
      try {
        return await call();
      } catch (error) {
        if (!isPassing(error)) throw explain(error);
        if (index === 0) output.note("The server does not answer as it should; trying again.");
        await delay(Math.max(pauseMs, Math.min(waitOf(error), longestPauseMs)));
      }
    }
    return call().catch((error: unknown) => Promise.reject(explain(error)));
  };
  return { client, send };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw invalidInput([
    {
      pointer: "--url",
      code: "malformed",
      message: `"${text}" is no address; write it like ${defaultUrl}.`,
    },
  ]);
}

type Key = { readonly value: string; readonly refused: HestiaError };

const refusedFrom = (source: string) =>
  new HestiaError("unauthenticated", {}, { message: `The server refuses the key of ${source}.` });

function findKey({ operatorKey, dataFolder }: Environment, url: URL): Key {
  if (operatorKey !== undefined)
    return { value: operatorKey, refused: refusedFrom("HESTIA_OPERATOR_KEY; set the right one") };
  const file = dataFolder === undefined ? undefined : join(dataFolder, "operator-key");
  const value = file !== undefined && isHere(url) ? readKey(file) : undefined;
  if (file === undefined || value === undefined) throw keyMissing(url, dataFolder);
  return { value, refused: refusedFrom(`${file}; set HESTIA_OPERATOR_KEY to the right one`) };
}

function isHere({ hostname }: URL): boolean {
  return /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

function readKey(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8").trim() || undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    const message = `The operator key in ${file} cannot be read; run as its owner or set HESTIA_OPERATOR_KEY.`;
    throw new HestiaError("unauthenticated", {}, { message, cause: error });
  }
}

function keyMissing(url: URL, dataFolder: string | undefined): HestiaError {
  const other =
    dataFolder !== undefined && !isHere(url)
      ? "; the key of this folder's own server is not sent elsewhere"
      : ", or run this where Hestia was started, below the folder that holds .hestia";
  const message = `There is no operator key for ${url.origin}; set HESTIA_OPERATOR_KEY${other}.`;
  return new HestiaError("unauthenticated", {}, { message });
}

function isPassing(error: unknown): error is HestiaError {
  return (
    isHestiaError(error) && (error.kind === "unavailable" || error.code === "idempotency_in_flight")
  );
}

const waitOf = (error: HestiaError) => (error.details.retryAfterSeconds ?? 0) * 1000;
