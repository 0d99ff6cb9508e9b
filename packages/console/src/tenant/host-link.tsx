// The tenant's own host, to be copied and opened.
import { Anchor, Group } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { CopyText } from "../shared/copy-text.tsx";
import { texts } from "../texts/index.ts";
import { fill } from "./fill.ts";

export function HostLink({ slug }: { slug: string }): ReactNode {
  const { data } = useQuery({ queryKey: ["session"], queryFn: () => client.session.get({}) });
  if (data?.baseDomain === undefined) return <CopyText value={slug} />;
  const host = `${slug}.${data.baseDomain}${location.port === "" ? "" : `:${location.port}`}`;
  const label = fill(texts.tenant.facts.open, { host });
  return (
    <Group gap={2} wrap="nowrap" component="span" display="inline-flex">
      <CopyText value={host} />
      <Anchor
        href={`${location.protocol}//${host}/`}
        target="_blank"
        rel="noreferrer"
        aria-label={label}
        title={label}
        lh={1}
      >
        <IconExternalLink size={16} aria-hidden />
      </Anchor>
    </Group>
  );
}
