// Tenants, found by name as one types.
import { MultiSelect, type MultiSelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { client } from "../app/client.ts";
import { texts } from "../texts/index.ts";
import { useTenantNames } from "./webhooks.ts";

export function TenantPicker({
  value,
  onChange,
  ...rest
}: Pick<
  MultiSelectProps,
  "label" | "description" | "placeholder" | "error" | "flex" | "miw" | "maw"
> & {
  value: readonly string[];
  onChange: (ids: string[]) => void;
}): ReactNode {
  const [typed, setTyped] = useState("");
  const [asked] = useDebouncedValue(typed.trim(), 150);
  const found = useQuery({
    queryKey: ["tenants", "picker", asked],
    queryFn: ({ signal }) =>
      client.tenants.list({ limit: 10, ...(asked === "" ? {} : { q: asked }) }, { signal }),
    placeholderData: keepPreviousData,
  });
  const known = useTenantNames(value);
  const names = new Map([
    ...(found.data?.items ?? []).map(
      ({ id, name, slug }) => [id as string, `${name} (${slug})`] as const,
    ),
    ...value.map((id) => [id, known[id] ?? id] as const),
  ]);
  return (
    <MultiSelect
      {...rest}
      data={[...names].map(([id, name]) => ({ value: id, label: name }))}
      value={[...value]}
      onChange={onChange}
      searchable
      searchValue={typed}
      onSearchChange={setTyped}
      // The server has narrowed it already, by more than the name.
      filter={({ options }) => options}
      hidePickedOptions
      nothingFoundMessage={texts.webhooks.form.nothingFound}
    />
  );
}
