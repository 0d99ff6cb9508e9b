// What to do with a tenant that stands: open it, use it from code, look at it; or see what it waits for.
import type { TenantView } from "@hestia/api";
import {
  Alert,
  Anchor,
  Button,
  Code,
  CopyButton,
  Group,
  Paper,
  Stack,
  Text,
  Title,
} from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { CopyText } from "../shared/copy-text.tsx";
import { texts } from "../texts/index.ts";
import { useSetup } from "./setup.ts";
import { hostOf } from "./tenant-host.ts";

const words = texts.newTenant.next;

export function NextSteps({ tenant: { id, slug, status } }: { tenant: TenantView }): ReactNode {
  const { data } = useSetup();
  const at = data && hostOf(slug, data);
  const isPending = status === "pending";
  return (
    <Paper withBorder p="md" radius="md">
      <Stack>
        <Title order={2} size="h4">
          {words.title}
        </Title>
        {isPending && <Alert color="grape">{words.waits}</Alert>}
        {at && !isPending && (
          <Part label={words.host}>
            <Group gap="xs">
              <CopyText value={at.host} />
              <Anchor href={at.url} target="_blank" rel="noopener noreferrer" size="sm">
                {words.open} <IconExternalLink size={14} aria-hidden />
              </Anchor>
            </Group>
          </Part>
        )}
        {!isPending && (
          <Part label={words.code}>
            <Snippet code={snippet(slug)} />
          </Part>
        )}
        <Part label={words.line}>
          <Code>
            <CopyText
              value={`npx --no hestia tenants ${isPending ? "verifications" : "get"} ${slug}`}
            />
          </Code>
        </Part>
        <Group gap="xs">
          <Button component={Link} to={`/tenants/${id}`}>
            {words.show}
          </Button>
          <Button component={Link} to="/tenants/new" variant="default">
            {words.another}
          </Button>
        </Group>
      </Stack>
    </Paper>
  );
}

function Part({ label, children }: { label: string; children: ReactNode }): ReactNode {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {label}
      </Text>
      {children}
    </Stack>
  );
}

function Snippet({ code }: { code: string }): ReactNode {
  const { copy, copied } = texts.app.copy;
  return (
    <Stack gap={4} align="flex-start">
      <Code block w="100%" tabIndex={0}>
        {code}
      </Code>
      <CopyButton value={code}>
        {({ copied: isCopied, copy: take }) => (
          <Button size="compact-xs" variant="subtle" color="gray" onClick={take}>
            {isCopied ? copied : copy}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}

function snippet(slug: string): string {
  return `import { connect } from "@hestia/postgres";

const hestia = await connect();
const tenant = await hestia.tenant("${slug}");
const { rows } = await tenant.query("select now()");`;
}
