// One POST to a stranger. Everything that the other side decides has a bound: how long it takes, how large its header
// fields and its body are. Nothing is followed, nothing is decompressed, no certificate is taken on trust, and the status
// line alone decides: whatever becomes of the body, a receiver that answered 2xx has the event.
import { lookup } from "node:dns/promises";
import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { parseRetryAfter } from "@hestia/api";
import { limits } from "@hestia/core";
import { AddressRefused, type AddressRule, judgedAddress, type Resolve } from "./addresses.ts";
import { orAborted } from "./or-aborted.ts";

/** What is sent. */
export type Outgoing = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What came of it. */
export type Posted = {
  readonly statusCode?: number;
  /** Why it counts as failed, in one sentence. */
  readonly error?: string;
  /** How the answer's body begins. */
  readonly response?: string;
  readonly retryAfterMs?: number;
};

/** What may be reached, and how names are resolved. */
export type Outbound = { readonly rule: AddressRule; readonly resolve: Resolve };

/** Thrown when the caller gave up, so that nothing is known. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

const withinMs = 15_000;
const headerBytesMax = 16 * 1024;
const bodyBytesMax = 16 * 1024;

/** Resolves a name as the operating system does. */
export const resolveBySystem: Resolve = async (host) =>
  (await lookup(host, { all: true, verbatim: true })).map(({ address }) => address);

/** Sends it once; throws Interrupted alone. */
export async function post(
  outgoing: Outgoing,
  { outbound, signal }: { outbound: Outbound; signal: AbortSignal },
): Promise<Posted> {
  const tooLate = AbortSignal.timeout(withinMs);
  const over = AbortSignal.any([signal, tooLate]);
  try {
    const address = await orAborted(judgedAddress(outgoing.url, outbound), over);
    const response = await answerOf(outgoing, { address, signal: over });
    return judged(response, await beginningOf(response));
  } catch (error) {
    if (signal.aborted) throw new Interrupted("the server stops");
    return { error: sentenceFor(error, tooLate.aborted) };
  }
}

function answerOf(
  { url, headers, body }: Outgoing,
  { address, signal }: { address: string; signal: AbortSignal },
): Promise<IncomingMessage> {
  const isSecure = url.protocol === "https:";
  const options: RequestOptions & https.RequestOptions = {
    method: "POST",
    headers: { ...headers, "content-length": Buffer.byteLength(body), connection: "close" },
    // An agent of its own: no proxy of the environment, no connection that another attempt left.
    agent: isSecure ? new https.Agent({ keepAlive: false }) : new http.Agent({ keepAlive: false }),
    lookup: always(address),
    // Also where NODE_TLS_REJECT_UNAUTHORIZED says otherwise.
    ...(isSecure ? { rejectUnauthorized: true, minVersion: "TLSv1.2" } : {}),
    maxHeaderSize: headerBytesMax,
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? https : http).request(url, options, resolve);
    request.on("error", reject);
    request.on("upgrade", (_response, socket) => {
      socket.destroy();
      reject(Object.assign(new Error("upgraded"), { code: "UPGRADED" }));
    });
    request.end(body);
  });
}

/** A look-up that knows one answer: the connection goes where the judgement was. */
function always(address: string): LookupFunction {
  const family = isIPv6(address) ? 6 : 4;
  return (_host, options, done) => {
    if (options.all === true) done(null, [{ address, family }]);
    else done(null, address, family);
  };
}

async function beginningOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part.subarray(0, bodyBytesMax - bytes));
      bytes += part.length;
      if (bytes >= bodyBytesMax) break;
    }
  } catch {
    // What has come is all that is to be had.
  }
  response.destroy();
  return shown(Buffer.concat(parts).toString("utf8"));
}

// Fit for a terminal, a page and a jsonb column.
function shown(text: string): string {
  const clean = text.toWellFormed().replaceAll(/[^\P{Cc}\n\t]/gu, "\uFFFD");
  return [...clean].slice(0, limits.responseExcerptCharsMax).join("");
}

function judged(response: IncomingMessage, text: string): Posted {
  const { statusCode = 0, headers } = response;
  const excerpt = text === "" ? {} : { response: text };
  if (statusCode >= 200 && statusCode < 300) return { statusCode, ...excerpt };
  return {
    statusCode,
    error: statusSentence(statusCode),
    ...excerpt,
    ...retryAfter(statusCode, headers),
  };
}

function statusSentence(status: number): string {
  if (status >= 300 && status < 400)
    return `The receiver answered ${status}, a redirection, and none is followed; set the address that it leads to.`;
  return `The receiver answered ${status}.`;
}

function retryAfter(
  status: number,
  headers: IncomingMessage["headers"],
): Pick<Posted, "retryAfterMs"> {
  const field = headers["retry-after"];
  if ((status !== 429 && status !== 503) || field === undefined) return {};
  const seconds = parseRetryAfter(field, Date.now());
  return seconds === undefined ? {} : { retryAfterMs: seconds * 1000 };
}

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: "The host name cannot be resolved.",
  EAI_AGAIN: "The host name cannot be resolved at present.",
  ECONNREFUSED: "The connection was refused.",
  ECONNRESET: "The connection was broken off before an answer came.",
  EHOSTUNREACH: "The host cannot be reached.",
  ENETUNREACH: "The host cannot be reached.",
  ETIMEDOUT: "The connection was not taken in time.",
  UPGRADED: "The receiver answered with another protocol.",
  HPE_HEADER_OVERFLOW: `The answer's header fields are larger than ${headerBytesMax} bytes.`,
};

function sentenceFor(error: unknown, isTooLate: boolean): string {
  if (isTooLate) return `There was no answer within ${withinMs / 1000} seconds.`;
  if (error instanceof AddressRefused) return error.message;
  const { code = "" } = error as { code?: string };
  if (/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS_CERT/.test(code))
    return `The receiver's certificate is not valid (${code}).`;
  if (/^(ERR_SSL|EPROTO|ERR_TLS)/.test(code))
    return `No secure connection could be made (${code}).`;
  if (code.startsWith("HPE_") && sentences[code] === undefined)
    return `The answer is not HTTP (${code}).`;
  return sentences[code] ?? `The event could not be sent${code === "" ? "" : ` (${code})`}.`;
}
