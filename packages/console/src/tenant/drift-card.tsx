// Compares what stands in the tenant's database with what its migrations make. The comparison is an operation; the address
// names it, so that its outcome can be sent to a colleague.
import type { OperationView, TenantView } from "@hestia/api";
import type { OperationId } from "@hestia/core";
import { Alert, Button, List, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Card } from "../shared/card.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useOpen, useRoomSearch } from "./room.ts";
import { useAct } from "./use-act.ts";
import { When } from "./when.tsx";

const words = texts.tenant.data;

export function DriftCard({ tenant: { id, isolation } }: { tenant: TenantView }): ReactNode {
  const { drift } = useRoomSearch();
  const open = useOpen();
  const begin = useAct(client.migrations.drift, (operation) => open({ drift: operation.id }));
  const compared = useQuery({
    queryKey: ["operations", "one", drift],
    queryFn: ({ signal }) =>
      client.operations.get({ operationId: drift as OperationId }, { signal }),
    enabled: drift !== undefined,
  });
  const error = begin.error ?? compared.error;
  const isRunning = compared.data !== undefined && compared.data.finishedAt === undefined;
  return (
    <Card
      title={words.drift}
      actions={
        <Button
          size="xs"
          variant="default"
          loading={begin.isPending || isRunning}
          onClick={() => begin.mutate({ tenants: [id] })}
        >
          {words.compare}
        </Button>
      }
    >
      <Text size="sm" c="dimmed">
        {words.driftLead} {isolation === "shared" && words.driftShared}
      </Text>
      {error && <Problem error={error} />}
      <div role="status">
        {isRunning && <Text size="sm">{words.comparing}</Text>}
        {compared.data && <Outcome operation={compared.data} />}
      </div>
    </Card>
  );
}

type Difference = {
  readonly kind: string;
  readonly name: string;
  readonly state: "missing" | "extra" | "different";
  readonly expected?: string;
  readonly found?: string;
};

type Drift = {
  readonly drifts: readonly {
    readonly count: number;
    readonly differences: readonly Difference[];
  }[];
  readonly unread: readonly { readonly message: string }[];
};

function Outcome({ operation }: { operation: OperationView }): ReactNode {
  if (operation.error) return <Alert color="red">{operation.error.message}</Alert>;
  if (operation.result === undefined) return null;
  const { drifts, unread } = operation.result as unknown as Drift;
  const count = drifts.reduce((sum, each) => sum + each.count, 0);
  return (
    <Stack gap="xs">
      {unread.map(({ message }) => (
        <Alert key={message} color="red" title={words.driftUnread}>
          {message}
        </Alert>
      ))}
      {unread.length === 0 && count === 0 && <Text size="sm">{words.driftNone}</Text>}
      {count > 0 && (
        <Alert color="orange" title={fill(words.driftFound, { count })}>
          <List size="sm">
            {drifts
              .flatMap(({ differences }) => differences)
              .map((difference) => (
                <List.Item key={JSON.stringify(difference)}>{told(difference)}</List.Item>
              ))}
          </List>
        </Alert>
      )}
      {operation.finishedAt !== undefined && (
        <Text size="xs" c="dimmed">
          <When iso={operation.finishedAt} />
        </Text>
      )}
    </Stack>
  );
}

const told = ({ state, kind, name, expected, found }: Difference): string =>
  `${words.driftStates[state]}: ${kind} ${name}${state === "different" ? fill(words.driftIs, { found: found ?? "", expected: expected ?? "" }) : ""}`;
