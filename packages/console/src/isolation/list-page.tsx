// The proof that tenants are kept apart: the last one, a new one, and those before.
import { Button, Stack, Text } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { Empty } from "../shared/empty.tsx";
import { More } from "../shared/more.tsx";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { RowsSkeleton } from "../shared/rows-skeleton.tsx";
import { texts } from "../texts/index.ts";
import { useChecks } from "./checks.ts";
import { History } from "./history.tsx";
import { Latest } from "./latest.tsx";
import { StartDialog } from "./start-dialog.tsx";

const route = getRouteApi("/inside/isolation");

export function IsolationPage(): ReactNode {
  const words = texts.isolation;
  const { do: dialog } = route.useSearch();
  const navigate = route.useNavigate();
  const found = useChecks();
  const checks = found.data?.pages.flatMap(({ items }) => items) ?? [];
  const [latest] = checks;
  const open = (name?: "check") =>
    void navigate({ search: name === undefined ? {} : { do: name } });
  const start = (
    <Button
      leftSection={<IconShieldCheck size={16} />}
      onClick={() => open("check")}
      disabled={latest?.status === "running"}
    >
      {words.start}
    </Button>
  );
  return (
    <Page
      title={words.title}
      lead={
        <Text c="dimmed" maw={720}>
          {words.lead}
        </Text>
      }
      actions={checks.length > 0 && start}
    >
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      {found.isPending && <RowsSkeleton />}
      {found.data && latest === undefined && (
        <Empty title={words.none} lead={words.noneLead} command="npx --no hestia isolation check">
          {start}
        </Empty>
      )}
      {latest && (
        <Stack gap="lg">
          <Latest check={latest} />
          <Card title={words.history}>
            <History checks={checks} />
            <More found={found} />
          </Card>
        </Stack>
      )}
      <StartDialog isOpen={dialog === "check"} onClose={() => open()} />
    </Page>
  );
}
