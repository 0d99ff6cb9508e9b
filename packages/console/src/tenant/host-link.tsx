// The tenant's own host, to be copied and opened.
import { Anchor, Group } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { CopyText } from "../shared/copy-text.tsx";
import { fill } from "../shared/fill.ts";
import { useSetup } from "../tenants/setup.ts";
import { hostOf } from "../tenants/tenant-host.ts";
import { texts } from "../texts/index.ts";

export function HostLink({ slug }: { slug: string }): ReactNode {
  const setup = useSetup().data;
  if (setup === undefined) return <CopyText value={slug} />;
  const { host, url } = hostOf(slug, setup);
  const label = fill(texts.tenant.facts.open, { host });
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex">
      <CopyText value={host} />
      <Anchor href={url} target="_blank" rel="noreferrer" aria-label={label} title={label} lh={1}>
        <IconExternalLink size={16} aria-hidden />
      </Anchor>
    </Group>
  );
}
