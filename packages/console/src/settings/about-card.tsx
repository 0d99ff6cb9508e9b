// What runs here, and where it is described.
import { Anchor, Group, List, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Card } from "../shared/card.tsx";
import { Facts } from "../shared/facts.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";

const words = texts.settings.about;

export function AboutCard(): ReactNode {
  const found = useQuery({
    queryKey: ["about"],
    queryFn: ({ signal }) => client.service.about({}, { signal }),
  });
  const about = found.data;
  return (
    <Card title={words.title}>
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <Skeleton height={140} />}
      {about && (
        <Facts
          facts={[
            [words.version, about.version],
            [words.postgres, about.postgresVersion],
            [words.node, about.nodeVersion],
            [
              words.isolation,
              <div key="isolation">
                {words[about.isolation]}
                {about.missing.length > 0 && (
                  <List size="sm" mt={4}>
                    {about.missing.map((each) => (
                      <List.Item key={each}>{each}</List.Item>
                    ))}
                  </List>
                )}
              </div>,
            ],
            [words.license, about.license],
            [
              words.documents,
              <Group key="documents" gap="md">
                <Anchor href="/docs" target="_blank" rel="noreferrer" inherit>
                  {words.reference}
                </Anchor>
                <Anchor href="/openapi.json" target="_blank" rel="noreferrer" inherit>
                  {words.openapi}
                </Anchor>
              </Group>,
            ],
          ]}
        />
      )}
    </Card>
  );
}
