// The tenant by a claim of a signed token, checked by the issuer's key set. Invariant: a token that is not valid in every
// respect is refused and never ignored, and where it cannot be checked the request is refused as well.
import { HestiaError, isUuid } from "@hestia/core";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { isSlug, type Naming } from "./hosts.ts";
import type { RequestFacts, SourceReader } from "./identify.ts";

/** Where the keys are that tokens are signed with: at the issuer, or here. */
export type TokenKeys = { readonly jwksUrl: string | URL } | { readonly jwks: JSONWebKeySet };

/** Which tokens are accepted, and what they say. */
export type TokenSourceOptions = TokenKeys & {
  /** `iss`: who makes the tokens. */
  readonly issuer: string | readonly string[];
  /** `aud`: this application, as the issuer calls it. */
  readonly audience: string | readonly string[];
  /** The signatures that are accepted. Default RS256, ES256 and EdDSA. */
  readonly algorithms?: readonly string[];
  /** The claim that names the tenant. Default `tenant_id`. */
  readonly claim?: string;
  /** What the claim holds: the tenant's id (the default) or its slug. */
  readonly names?: "id" | "slug";
  /** Refuses requests without a token (`token_missing`). Default false: then the other sources decide. */
  readonly required?: boolean;
  /** `typ` of the header, such as `at+jwt`. Default: any. */
  readonly type?: string;
  /** How far clocks may be apart. Default 5 seconds. */
  readonly clockToleranceSeconds?: number;
  /** How long after the key set was fetched an unknown key has it fetched again. Default 30 seconds. */
  readonly refetchSeconds?: number;
};

const algorithmsDefault = ["RS256", "ES256", "EdDSA"];
const clockToleranceSecondsDefault = 5;
const refetchSecondsDefault = 30;
const fetchTimeoutMs = 5_000;

/**
 * A source that reads the tenant from the token in `Authorization: Bearer`.
 *
 * Checked are signature, algorithm, issuer, audience, expiry (which a token must have) and not-before. A bad token throws
 * `token_invalid`, also one without the claim; a key set that cannot be had throws `token_keys_unavailable`.
 * Credentials of another form, such as API keys, belong to sources of their own beside it.
 *
 * @example
 * const token = tokenSource({
 *   jwksUrl: "https://id.example.com/jwks.json",
 *   issuer: "https://id.example.com",
 *   audience: "https://api.example.com",
 * });
 * app.register(tenantPlugin, { hestia, baseDomain: "example.com", sources: ["host", token] });
 */
export function tokenSource(options: TokenSourceOptions): SourceReader {
  const { claim = "tenant_id", names = "id", required = false } = options;
  const keys = keysOf(options);
  const checks = {
    issuer: [options.issuer].flat(),
    audience: [options.audience].flat(),
    algorithms: checkAlgorithms(options.algorithms ?? algorithmsDefault),
    clockTolerance: options.clockToleranceSeconds ?? clockToleranceSecondsDefault,
    requiredClaims: ["exp", claim],
    ...(options.type === undefined ? {} : { typ: options.type }),
  };
  return async (facts) => {
    const token = bearerOf(facts);
    if (token === undefined) return required ? missing() : "nobody";
    const { payload } = await jwtVerify(token, keys, checks).catch(refuse);
    return namingOf(payload[claim], names);
  };
}

/** The credential of `Authorization: Bearer`, "" where it is wanting; undefined for another scheme or none. */
function bearerOf({ headers }: RequestFacts): string | undefined {
  const [field, token = ""] =
    /^bearer(?: +(.*)|$)/is.exec(String(headers.authorization ?? "")) ?? [];
  return field === undefined ? undefined : token;
}

function namingOf(value: unknown, names: "id" | "slug"): Naming {
  if (typeof value !== "string") return refuse(new Error("The claim is not text."));
  if (names === "id") return isUuid(value) ? { id: value.toLowerCase() } : "unknown";
  return isSlug(value) ? { slug: value } : "unknown";
}

function keysOf(options: TokenSourceOptions): JWTVerifyGetKey {
  if ("jwks" in options) return createLocalJWKSet(options.jwks);
  const { jwksUrl, refetchSeconds = refetchSecondsDefault } = options;
  const remote = createRemoteJWKSet(new URL(jwksUrl), {
    timeoutDuration: fetchTimeoutMs,
    cooldownDuration: refetchSeconds * 1000,
  });
  return async (header, token) => {
    try {
      return await remote(header, token);
    } catch (cause) {
      if (isOfToken(cause)) throw cause;
      throw new HestiaError("token_keys_unavailable", {}, { cause });
    }
  };
}

/** What the look-up of a key says of the token, and not of the key set. */
function isOfToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  );
}

/** A key set is public: with a symmetric algorithm anyone could sign with what is in it. */
function checkAlgorithms(algorithms: readonly string[]): string[] {
  const unfit = algorithms.filter(
    (each) => !/^(RS|PS|ES)(256|384|512)$|^EdDSA$|^Ed25519$/.test(each),
  );
  if (unfit.length === 0 && algorithms.length > 0) return [...algorithms];
  const message = `A key set cannot check tokens that are signed by ${unfit.join(", ") || "nothing"}; name RS256, PS256, ES256, EdDSA or their kin.`;
  throw new HestiaError("configuration_invalid", {}, { message });
}

function refuse(cause: unknown): never {
  if (cause instanceof HestiaError) throw cause;
  throw new HestiaError("token_invalid", {}, { cause });
}

function missing(): never {
  throw new HestiaError("token_missing");
}
