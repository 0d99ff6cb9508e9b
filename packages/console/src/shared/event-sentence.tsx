// An audit event as a sentence, with whom it is about as a link. What people have typed is only ever text.
import type { AuditEventView } from "@hestia/api";
import { Text } from "@mantine/core";
import { Fragment, type ReactNode } from "react";
import { kindText } from "../operations/status-mark.tsx";
import { TenantLink } from "../tenants/tenant-link.tsx";
import { texts } from "../texts/index.ts";
import { fill, partsOf } from "./fill.ts";

export function EventSentence({
  event,
  tenantName,
}: {
  event: AuditEventView;
  tenantName: string | undefined;
}): ReactNode {
  const words = texts.events;
  const { type, actor, tenantId, reason } = event;
  const places: Readonly<Record<string, ReactNode>> = {
    actor: actor.kind === "system" ? words.system : actor.name,
    tenant:
      tenantId === undefined ? (
        words.tenant
      ) : (
        <TenantLink id={tenantId} name={tenantName} underline="always" />
      ),
    subject: subjectOf(event),
    type,
  };
  return (
    <Text size="sm">
      {partsOf(words.sentences[type] ?? words.other).map(({ at, text, name }) => (
        <Fragment key={at}>{name === undefined ? text : places[name]}</Fragment>
      ))}
      {reason !== undefined && (
        <Text span size="sm" c="dimmed" display="block">
          {fill(words.reason, { reason })}
        </Text>
      )}
    </Text>
  );
}

function subjectOf({ type, data }: AuditEventView): string {
  const { added, kind, name, planId, requirement } = data;
  if (type.startsWith("operation.")) return kindText(String(kind ?? ""));
  if (Array.isArray(added)) return added.map((each) => `${each.set}/${each.name}`).join(", ");
  return String(name ?? planId ?? requirement ?? "");
}
