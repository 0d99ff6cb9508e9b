// The proof that nothing of a purged tenant is left, to be read here, printed, or kept as JSON.
import type { CertificateView } from "@hestia/api";
import { isHestiaError } from "@hestia/core";
import { Anchor, Group, Skeleton, Stack, Table, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { Empty } from "../shared/empty.tsx";
import { Facts } from "../shared/facts.tsx";
import { formatNumber } from "../shared/format.ts";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { useTenantId } from "./room.ts";
import styles from "./tenant.module.css";
import { When } from "./when.tsx";

const words = texts.tenant.certificate;

export function CertificateTab(): ReactNode {
  const tenantId = useTenantId();
  const { data, error, refetch } = useQuery({
    queryKey: ["tenants", "certificate", tenantId],
    queryFn: ({ signal }) => client.erasure.certificate({ tenantId }, { signal }),
  });
  if (isHestiaError(error, "certificate_not_found"))
    return (
      <Empty
        title={words.none}
        lead={words.noneLead}
        command={`npx --no hestia tenants certificate ${tenantId}`}
      />
    );
  if (error) return <Problem error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton h={240} />;
  return <Certificate certificate={data} />;
}

function Certificate({ certificate }: { certificate: CertificateView }): ReactNode {
  const { tenantId, issuedAt, requestedBy, reason, erased, stores, kept, sha256 } = certificate;
  const path = `/v1/tenants/${tenantId}/erasure-certificate`;
  return (
    <Stack gap="md">
      <Card
        title={words.title}
        actions={
          <Group gap="md" fz="sm">
            <Anchor href={`${path}.html`} target="_blank" inherit>
              {words.print}
            </Anchor>
            <Anchor href={path} download={`erasure-${tenantId}.json`} inherit>
              {words.json}
            </Anchor>
          </Group>
        }
      >
        <Text size="sm">{words.lead}</Text>
        <Facts
          facts={[
            [words.issued, <When key="issued" iso={issuedAt} />],
            [words.by, requestedBy],
            [words.reason, reason ?? words.noReason],
            [words.sha, <CopyText key="sha" value={sha256} />],
          ]}
        />
      </Card>
      <Card title={words.erased}>
        <Rows
          label={words.erased}
          columns={[words.table, words.rows, words.digest]}
          rows={erased.map(({ name, rows, sha256: digest }) => [name, formatNumber(rows), digest])}
          none={words.nothingErased}
        />
      </Card>
      <Card title={words.stores}>
        <Rows
          label={words.stores}
          columns={[words.store, words.found]}
          rows={stores.map(({ store, found }) => [store, formatNumber(found)])}
          none={words.nothingKept}
        />
      </Card>
      <Card title={words.kept}>
        <Rows
          label={words.kept}
          columns={[words.store, words.why]}
          rows={kept.map(({ store, why }) => [store, why])}
          none={words.nothingKept}
        />
      </Card>
    </Stack>
  );
}

function Rows({
  label,
  columns,
  rows,
  none,
}: {
  label: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  none: string;
}): ReactNode {
  if (rows.length === 0) return <Text size="sm">{none}</Text>;
  return (
    <div className={styles.scroll}>
      <Table fz="sm" aria-label={label}>
        <Table.Thead>
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column}>{column}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map(([first = "", ...rest]) => (
            <Table.Tr key={first}>
              <Table.Th scope="row" fw={400}>
                {first}
              </Table.Th>
              {rest.map((cell, at) => (
                <Table.Td key={columns[at + 1]}>{cell}</Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
