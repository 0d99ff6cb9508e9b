// The sealed envelope of a job: whose it is, which job, with what. Invariant: a payload is opened only for the job and the
// tenant that it was sealed for, and only as it was sealed.
import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { HestiaError, isUuid } from "@hestia/core";

/** A job's payload as a queue stores it: plain JSON, readable, and not to be altered. */
export type JobEnvelope = {
  /** The envelope's version. */
  readonly hestia: 1;
  /** The tenant's id. */
  readonly tenant: string;
  /** The payload as JSON text, since stores of JSON reorder what they are given. */
  readonly payload: string;
  /** The trace that the job belongs to. */
  readonly trace?: Readonly<Record<string, string>>;
  /** HMAC-SHA-256 over all of it and the job's name. */
  readonly seal: string;
};

/** Carries a trace through an envelope; `traceCarrier` of `@hestia/middleware/trace` is one. */
export type TraceCarrier = {
  /** The fields of the active trace; none where there is none. */
  readonly inject: () => Record<string, string>;
  /** Runs the work as a part of the trace of these fields. */
  readonly run: <T>(fields: Readonly<Record<string, string>>, work: () => T) => T;
};

const version = 1;
const keyCharsMin = 32;

/** Derives the key of all envelopes from HESTIA_SECRET_KEY; throws `configuration_invalid` for a short one. */
export function envelopeKey(secretKey: string): Buffer {
  if (secretKey.length < keyCharsMin) {
    const message = `secretKey must have ${keyCharsMin} characters or more; give HESTIA_SECRET_KEY.`;
    throw new HestiaError("configuration_invalid", {}, { message });
  }
  return Buffer.from(hkdfSync("sha256", secretKey, "hestia", "job envelopes", 32));
}

type Content = Pick<JobEnvelope, "tenant" | "payload" | "trace">;

/** Seals a payload for a job of this name. */
export function sealEnvelope(key: Buffer, name: string, content: Content): JobEnvelope {
  return { hestia: version, ...content, seal: sealOf(key, name, content).toString("base64url") };
}

/** Opens an envelope that came with a job of this name; throws `job_envelope_invalid`. */
export function openEnvelope(key: Buffer, name: string, given: unknown): Content {
  const envelope = parseEnvelope(given);
  const expected = sealOf(key, name, envelope);
  const found = Buffer.from(envelope.seal, "base64url");
  if (found.length === expected.length && timingSafeEqual(found, expected)) return envelope;
  throw invalid(
    `the seal does not fit; it was altered, sealed for another job than "${name}", or with another HESTIA_SECRET_KEY.`,
  );
}

/** An array's JSON is unambiguous: no part of it can be taken for another. */
function sealOf(key: Buffer, name: string, { tenant, payload, trace = {} }: Content): Buffer {
  const fields = Object.entries(trace).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([version, name, tenant, payload, fields]);
  return createHmac("sha256", key).update(text).digest();
}

function parseEnvelope(given: unknown): JobEnvelope {
  const envelope = given as { [Name in keyof JobEnvelope]?: unknown } | null | undefined;
  if (typeof envelope !== "object" || envelope?.hestia === undefined) {
    throw invalid("its payload has no envelope; seal payloads with jobs.seal.");
  }
  if (envelope.hestia !== version) {
    throw invalid(`its envelope has the unknown version ${envelope.hestia}; update this worker.`);
  }
  const { tenant, payload, trace, seal } = envelope;
  const isWhole =
    typeof tenant === "string" &&
    isUuid(tenant) &&
    typeof payload === "string" &&
    typeof seal === "string" &&
    (trace === undefined || isTextRecord(trace));
  if (!isWhole) throw invalid("its envelope is broken; seal payloads with jobs.seal.");
  return envelope as JobEnvelope;
}

function isTextRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).every((each) => typeof each === "string");
}

function invalid(reason: string): HestiaError {
  return new HestiaError("job_envelope_invalid", { reason });
}
