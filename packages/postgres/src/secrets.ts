// Sealing of what is stored but must not be read from a dump: the logins of clusters and tenants.
// AES-256-GCM under a key derived from HESTIA_SECRET_KEY; the purpose is authenticated with the text.

import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { HestiaError } from "@hestia/core";

const version = "v1";

function keyFrom(secretKey: string): Buffer {
  if (secretKey.length < 32) {
    throw new HestiaError("database_unsuitable", {
      problem:
        "HESTIA_SECRET_KEY must have 32 characters or more; make one with: openssl rand -base64 32",
    });
  }
  return Buffer.from(hkdfSync("sha256", secretKey, "hestia", "credentials", 32));
}

/** Seals a text for storage; `purpose` must be given again to open it. */
export function seal(secretKey: string, purpose: string, text: string): string {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", keyFrom(secretKey), nonce).setAAD(
    Buffer.from(purpose),
  );
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]);
  return [version, nonce.toString("base64url"), sealed.toString("base64url")].join(".");
}

/** Opens what `seal` made; throws `database_unsuitable` when the key is another one. */
export function open(secretKey: string, purpose: string, sealed: string): string {
  const [found, nonce = "", body = ""] = sealed.split(".");
  const bytes = Buffer.from(body, "base64url");
  try {
    if (found !== version) throw new Error(`sealed with the unknown version ${found}`);
    const decipher = createDecipheriv(
      "aes-256-gcm",
      keyFrom(secretKey),
      Buffer.from(nonce, "base64url"),
    )
      .setAAD(Buffer.from(purpose))
      .setAuthTag(bytes.subarray(-16));
    return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString(
      "utf8",
    );
  } catch (cause) {
    if (cause instanceof HestiaError) throw cause;
    throw new HestiaError(
      "database_unsuitable",
      {
        problem:
          "The stored logins cannot be opened: HESTIA_SECRET_KEY is not the one they were sealed with.",
      },
      { cause },
    );
  }
}
