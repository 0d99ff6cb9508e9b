// The browsers that this operator is signed in with.
import { Button, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Ago } from "../shared/ago.tsx";
import { Card } from "../shared/card.tsx";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { texts } from "../texts/index.ts";
import { useSession } from "./keys.ts";

const words = texts.settings.sessions;

type Sessions = Awaited<ReturnType<typeof client.session.list>>;

/** The sessions of this operator. */
export const useSessions = () =>
  useQuery<Sessions>({
    queryKey: ["sessions"],
    queryFn: ({ signal }) => client.session.list({}, { signal }),
  });

export function SessionsCard({ onSignOut }: { onSignOut: () => void }): ReactNode {
  const found = useSessions();
  const name = useSession().data?.operator.name ?? "";
  const { which, began, used, ends } = words.columns;
  const labels = [which, began, used, ends];
  return (
    <Card
      title={words.title}
      lead={fill(words.lead, { name })}
      actions={
        <Button size="xs" variant="default" onClick={onSignOut}>
          {words.everywhere}
        </Button>
      }
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton rows={2} />}
      {found.data && (
        <Rows caption={words.title} columns={labels}>
          {found.data.items.map(({ current, createdAt, usedAt, expiresAt }) => (
            <Row key={createdAt + expiresAt + usedAt} labels={labels}>
              <Text size="sm" fw={current ? 600 : 400}>
                {current ? words.current : words.other}
              </Text>
              <Text size="sm">
                <Ago iso={createdAt} />
              </Text>
              <Text size="sm">
                <Ago iso={usedAt} />
              </Text>
              <Text size="sm">
                <Ago iso={expiresAt} />
              </Text>
            </Row>
          ))}
        </Rows>
      )}
    </Card>
  );
}
