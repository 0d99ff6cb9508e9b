// The drift check: asked for here, followed while it is made, and its differences, partition by partition.
import { Alert, Button, Radio, Stack, TagsInput, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { operationIdOf } from "../operations/search.ts";
import { Steps } from "../operations/steps.tsx";
import { useOperation } from "../operations/use-operation.ts";
import { Card } from "../shared/card.tsx";
import { Command } from "../shared/command.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { texts } from "../texts/index.ts";
import { DriftReport } from "./drift-report.tsx";
import type { MigrationSearch } from "./search.ts";

const route = getRouteApi("/inside/migrations");

export function DriftView(): ReactNode {
  const words = texts.migrations.drift;
  const { tenants, full, drift } = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: { [Name in keyof MigrationSearch]: MigrationSearch[Name] | undefined }) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const compare = useMutation({
    mutationFn: () =>
      client.migrations.drift(
        { full: full === true, ...(tenants === undefined ? {} : { tenants: [...tenants] }) },
        { idempotencyKey: crypto.randomUUID() },
      ),
    onSuccess: ({ id }) => set({ drift: id }),
  });
  const command = [
    "npx --no hestia migrate drift",
    ...(tenants ?? []),
    ...(full ? ["--full"] : []),
  ].join(" ");
  return (
    <Page title={words.title} lead={<Text c="dimmed">{words.lead}</Text>}>
      <Text size="sm">
        <ToAnchor to="/migrations">{texts.migrations.run.back}</ToAnchor>
      </Text>
      <Card title={words.action}>
        <Stack gap="lg" align="flex-start">
          <Radio.Group
            label={words.depth}
            value={full ? "full" : "quick"}
            onChange={(given) => set({ full: given === "full" ? true : undefined })}
          >
            <Stack gap="sm" mt="xs">
              <Radio value="quick" label={words.quick} description={words.quickLead} />
              <Radio value="full" label={words.full} description={words.fullLead} />
            </Stack>
          </Radio.Group>
          <TagsInput
            label={words.tenants}
            description={words.tenantsLead}
            value={[...(tenants ?? [])]}
            onChange={(given) => set({ tenants: given.length > 0 ? given : undefined })}
            splitChars={[",", " "]}
            maxTags={200}
            w="100%"
          />
          {compare.error && <Problem error={compare.error} />}
          <Button loading={compare.isPending} onClick={() => compare.mutate()}>
            {words.start}
          </Button>
        </Stack>
      </Card>
      {drift !== undefined && <Report key={drift} id={drift} />}
      <Command value={command} />
    </Page>
  );
}

function Report({ id }: { id: string }): ReactNode {
  const { found, liveness } = useOperation(operationIdOf(id));
  const operation = found.data;
  if (operation === undefined)
    return found.error ? <Problem error={found.error} retry={() => void found.refetch()} /> : null;
  if (operation.error) return <Alert color="red">{operation.error.message}</Alert>;
  if (operation.finishedAt === undefined)
    return (
      <Card title={texts.migrations.drift.running}>
        <Steps operation={operation} isLive={liveness !== "lost"} />
      </Card>
    );
  return operation.result ? <DriftReport result={operation.result} /> : null;
}
