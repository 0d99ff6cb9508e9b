// Events as they leave: CloudEvents 1.0 in structured mode. The same event is the same text at every attempt and to every
// receiver, and its data are the audit event as the API answers it.
import { auditEventView } from "@hestia/api";
import type { JsonObject } from "@hestia/core";
import type { NumberedEvent } from "@hestia/postgres/platform";

/** The media type of a body. */
export const cloudEventType = "application/cloudevents+json; charset=utf-8";

// As many digits as the largest number has: the extension wants an order by text.
const sequenceDigits = 19;

/** Returns the event as a body; `told` is what its receiver alone is told of it. */
export function cloudEvent(
  { event, position }: NumberedEvent,
  source: string,
  told: JsonObject = {},
): string {
  const view = auditEventView(event);
  return JSON.stringify({
    specversion: "1.0",
    id: event.id,
    source,
    type: `hestia.${event.type}`,
    subject: event.tenantId,
    time: event.at.toISOString(),
    datacontenttype: "application/json",
    sequence: position.padStart(sequenceDigits, "0"),
    data: { ...view, data: { ...view.data, ...told } },
  });
}
