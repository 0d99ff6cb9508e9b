// Work for webhooks: the next delivery of a lane is sent once, and what came of it is written with what follows from it.
// The lane is written in the same transaction, so that the next event goes out only after this one is over.
import {
  type AttemptOutcome,
  afterAttempt,
  assert,
  type Delivery,
  disableWebhook,
  isHestiaError,
  type JsonObject,
  reasonToDisable,
  type Webhook,
  type WebhookId,
} from "@hestia/core";
import {
  deleteLane,
  findEvent,
  findNextDelivery,
  findWebhook,
  getSecrets,
  type Lane,
  lockLane,
  lockWebhook,
  type NumberedEvent,
  noteReception,
  openSealed,
  type PlatformTx,
  type SealedSecrets,
  updateDelivery,
  updateLane,
  updateWebhook,
} from "@hestia/postgres/platform";
import { recordEvent } from "../audit.ts";
import { eventSource } from "../config.ts";
import { patiently } from "../engine/patience.ts";
import type { Platform } from "../platform.ts";
import { tokenFacts } from "../verification-tokens.ts";
import { cloudEvent, cloudEventType } from "./cloud-event.ts";
import type { LaneWork } from "./dispatcher.ts";
import { type Posted, post } from "./post.ts";
import { signatureHeaders } from "./signature.ts";

/** Everything that one attempt needs. */
export type Sending = {
  readonly webhook: Webhook;
  readonly numbered: NumberedEvent;
  readonly secrets: SealedSecrets;
  /** What only its receiver is told, beside the event as it is stored. */
  readonly told?: JsonObject | undefined;
};

/** Sends the next delivery of a webhook's lane; tells whether more is due on it. */
export async function deliverNext(platform: Platform, work: LaneWork): Promise<boolean> {
  const { signal } = work;
  const found = await platform.db.asPlatform((tx) => findDue(tx, platform, work.lane));
  if (found === undefined) return false;
  const outcome = await attempt(platform, found, signal);
  const wait = { platform, log: platform.log, signal };
  const { isMore, reason } = await patiently(wait, () =>
    platform.db.asPlatform((tx) => record(tx, { platform, work, found, outcome })),
  );
  // In a transaction of its own: the event that it writes takes locks that come before the lane's.
  if (reason !== undefined)
    await patiently(wait, () => disable(platform, found.webhook.id, reason));
  return isMore;
}

type Due = Sending & { readonly delivery: Delivery };

async function findDue(tx: PlatformTx, platform: Platform, lane: Lane): Promise<Due | undefined> {
  if ((await lockLane(tx, lane)) === undefined) return undefined;
  const webhook = await findWebhook(tx, webhookOf(lane));
  const delivery = webhook && (await findNextDelivery(tx, inLane(lane)));
  const now = platform.now();
  if (delivery === undefined || webhook === undefined) {
    await deleteLane(tx, lane);
    return undefined;
  }
  const dueAt = delivery.nextAttemptAt ?? now;
  if (webhook.status === "disabled" || dueAt > now) {
    await updateLane(tx, lane, { dueAt, keep: false });
    return undefined;
  }
  const numbered = await findEvent(tx, delivery.eventId);
  assert(numbered !== undefined, "a delivery has its event");
  // A token goes to who asks for this type of event by its name, and not to who takes whatever comes.
  const isNamed = webhook.eventTypes?.includes(numbered.event.type) === true;
  const told = isNamed ? await tokenFacts(tx, platform, numbered) : {};
  return { webhook, delivery, numbered, told, secrets: await getSecrets(tx, webhook.id) };
}

/** Sends the event once, signed, and tells what came of it. */
export async function attempt(
  platform: Platform,
  { webhook, numbered, secrets, told = {} }: Sending,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const at = platform.now();
  const begun = performance.now();
  const took = () => ({ at, durationMs: Math.round(performance.now() - begun) });
  const valid = validSecrets(platform, webhook.id, secrets);
  if (valid === undefined)
    return {
      ...took(),
      error:
        "The webhook's secret cannot be opened; rotate it, or set the right HESTIA_SECRET_KEY.",
    };
  const body = cloudEvent(numbered, eventSource(platform.config), told);
  const headers = {
    "content-type": cloudEventType,
    "user-agent": "Hestia",
    ...signatureHeaders({ id: numbered.event.id, at, body }, valid),
  };
  const outgoing = { url: new URL(webhook.url), headers, body };
  const posted = await post(outgoing, { outbound: platform.outbound, signal });
  return { ...took(), ...withoutSecrets(posted, told) };
}

// A receiver may answer with what it was sent, in whatever form, and answers are kept in the log.
function withoutSecrets({ response, ...posted }: Posted, { token }: JsonObject): Posted {
  return response === undefined || token !== undefined ? posted : { ...posted, response };
}

function validSecrets(
  { config, now }: Platform,
  webhookId: WebhookId,
  { current, previous }: SealedSecrets,
): string[] | undefined {
  const sealed =
    previous !== undefined && previous.until > now() ? [current, previous.sealed] : [current];
  try {
    return sealed.map((each) => openSealed(config.secretKey, secretPurpose(webhookId), each));
  } catch (error) {
    if (isHestiaError(error, "database_unsuitable")) return undefined;
    throw error;
  }
}

/** What a webhook's secret is sealed for. */
export const secretPurpose = (webhookId: WebhookId) => `webhook ${webhookId}`;

type Recorded = { readonly isMore: boolean; readonly reason?: string | undefined };

async function record(
  tx: PlatformTx,
  given: { platform: Platform; work: LaneWork; found: Due; outcome: AttemptOutcome },
): Promise<Recorded> {
  const { platform, work, found, outcome } = given;
  const { lane, mayKeep } = work;
  const now = platform.now();
  const succeeded = outcome.error === undefined;
  // Before the lane is locked: who changes or deletes a webhook locks it first, too.
  const failingSince = await noteReception(tx, found.webhook.id, { succeeded, now });
  if ((await lockLane(tx, lane)) === undefined) return { isMore: false };
  await updateDelivery(tx, afterAttempt(found.delivery, outcome, { now, random: Math.random() }));
  const next = await findNextDelivery(tx, inLane(lane));
  const dueAt = next?.nextAttemptAt ?? now;
  const isMore = next !== undefined && dueAt <= now && mayKeep;
  if (next === undefined) await deleteLane(tx, lane);
  else await updateLane(tx, lane, { dueAt, keep: isMore });
  const reason = succeeded ? undefined : reasonToDisable({ failingSince }, outcome, now);
  return { isMore, reason };
}

async function disable(platform: Platform, webhookId: WebhookId, reason: string): Promise<void> {
  const now = platform.now();
  await platform.db.asPlatform(async (tx) => {
    const webhook = await lockWebhook(tx, webhookId);
    if (webhook.status === "disabled") return;
    await updateWebhook(tx, disableWebhook(webhook, reason, now));
    const actor = { kind: "system", name: "webhooks" } as const;
    const data = { webhookId, name: webhook.name };
    await recordEvent(tx, { actor }, { type: "webhook.disabled", reason, data, now });
  });
}

function webhookOf({ consumer }: Lane): WebhookId {
  return consumer as WebhookId;
}

function inLane(lane: Lane) {
  return { webhookId: webhookOf(lane), chain: lane.chain };
}
