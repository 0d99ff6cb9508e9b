// What the list is narrowed to. Each filter is part of the address; changing one begins with the newest again.
import { type OperationStatus, operationStatuses, parseTenantId } from "@hestia/core";
import { Button, Checkbox, Group, MultiSelect, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { useTenants } from "../tenants/tenant-names.ts";
import { texts } from "../texts/index.ts";
import type { OperationSearch } from "./search.ts";

const route = getRouteApi("/inside/operations");

export function ListFilters(): ReactNode {
  const words = texts.operations;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const set = (change: { [Name in keyof OperationSearch]: OperationSearch[Name] | undefined }) => {
    const { cursor: _begun, ...rest } = { ...search, ...change };
    void navigate({ search: rest as OperationSearch, replace: true });
  };
  const { kind, status, stuck } = search;
  const kinds = Object.entries(words.kinds).map(([value, label]) => ({ value, label }));
  if (kind !== undefined && words.kinds[kind] === undefined)
    kinds.push({ value: kind, label: kind });
  const isNarrowed = kind ?? status ?? stuck ?? search.tenantId;
  return (
    <Group align="flex-end" gap="sm" role="search" aria-label={words.filters.label}>
      <MultiSelect
        label={words.filters.status}
        placeholder={status === undefined ? words.filters.anyStatus : undefined}
        data={operationStatuses.map((value) => ({ value, label: words.status[value] }))}
        value={[...(status ?? [])]}
        onChange={(given) =>
          set({ status: given.length > 0 ? (given as OperationStatus[]) : undefined })
        }
        w={{ base: "100%", xs: 220 }}
        clearable
      />
      <Select
        label={words.filters.kind}
        placeholder={words.filters.anyKind}
        data={kinds}
        value={kind ?? null}
        onChange={(given) => set({ kind: given ?? undefined })}
        w={{ base: "100%", xs: 240 }}
        clearable
        searchable
      />
      <TenantFilter
        value={search.tenantId}
        onChange={(given) => set({ tenantId: given === undefined ? given : parseTenantId(given) })}
      />
      <Checkbox
        label={words.filters.stuck}
        checked={stuck === true}
        onChange={(event) => set({ stuck: event.currentTarget.checked ? true : undefined })}
        mb={8}
      />
      {isNarrowed !== undefined && (
        <Button variant="subtle" onClick={() => void navigate({ search: {} })}>
          {words.filters.clear}
        </Button>
      )}
    </Group>
  );
}

function TenantFilter({
  value,
  onChange,
}: {
  value: OperationSearch["tenantId"];
  onChange: (id: string | undefined) => void;
}): ReactNode {
  const words = texts.operations.filters;
  const [text, setText] = useState("");
  const [asked] = useDebouncedValue(text.trim(), 150);
  const chosen = useTenants([value]).get(value ?? "");
  const found = useQuery({
    queryKey: ["tenants", "offered", asked],
    queryFn: ({ signal }) => client.tenants.list({ q: asked, limit: 8 }, { signal }),
    enabled: asked !== "" && asked !== chosen?.name,
    placeholderData: keepPreviousData,
  });
  const offered = new Map((found.data?.items ?? []).map(({ id, name }) => [id, name]));
  if (value !== undefined) offered.set(value, chosen?.name ?? value);
  return (
    <Select
      label={words.tenant}
      placeholder={words.anyTenant}
      data={[...offered].map(([id, label]) => ({ value: id, label }))}
      value={value ?? null}
      onChange={(given) => onChange(given ?? undefined)}
      searchValue={text}
      onSearchChange={setText}
      // The server has searched, also in slugs and domains.
      filter={({ options }) => options}
      w={{ base: "100%", xs: 220 }}
      searchable
      clearable
    />
  );
}
