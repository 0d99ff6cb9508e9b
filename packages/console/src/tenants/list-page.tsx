// All tenants, as far as one narrows them.
import { Table, TextInput } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { Page } from "../shared/page.tsx";
import { Problem } from "../shared/problem.tsx";
import { texts } from "../texts/index.ts";
import { StatusBadge } from "./status-badge.tsx";

const route = getRouteApi("/inside/tenants");

export function TenantListPage(): ReactNode {
  const words = texts.tenants;
  const { q, status, isolation, plan, sort } = route.useSearch();
  const navigate = route.useNavigate();
  const found = useInfiniteQuery({
    queryKey: ["tenants", "list", { q, status, isolation, plan, sort }],
    queryFn: ({ pageParam, signal }) =>
      client.tenants.list({ limit: 100, q, cursor: pageParam } as never, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.nextCursor,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={words.title}>
      <TextInput
        label={words.search}
        value={q ?? ""}
        onChange={(event) =>
          void navigate({
            search: (before) => ({ ...before, q: event.target.value }),
            replace: true,
          })
        }
      />
      {found.error && <Problem error={found.error} retry={() => void found.refetch()} />}
      <Table>
        <Table.Tbody>
          {items.map((tenant) => (
            <Table.Tr key={tenant.id}>
              <Table.Td>{tenant.name}</Table.Td>
              <Table.Td>
                <StatusBadge status={tenant.status as never} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Page>
  );
}
