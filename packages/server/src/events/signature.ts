// Signatures by Standard Webhooks 1.0: HMAC-SHA256 over the message's id, its time and its body, with every secret that
// is valid at the time, so that a receiver can change over when it likes.
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";
const secretBytes = 32;

/** Makes a fresh secret. */
export function makeWebhookSecret(): string {
  return `${prefix}${randomBytes(secretBytes).toString("base64")}`;
}

/** A message as it is signed. */
export type Message = { readonly id: string; readonly at: Date; readonly body: string };

/** Returns the header fields that prove a message to be ours. */
export function signatureHeaders(
  { id, at, body }: Message,
  secrets: readonly string[],
): Record<string, string> {
  const timestamp = String(Math.floor(at.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": signatures.join(" "),
  };
}
