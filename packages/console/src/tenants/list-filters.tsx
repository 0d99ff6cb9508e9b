// What the list is narrowed by. The search text follows the keys at once and the address a moment later.
import {
  isolationModels,
  limits,
  type TenantSort,
  tenantSorts,
  tenantStatuses,
} from "@hestia/core";
import {
  Button,
  Checkbox,
  Collapse,
  Group,
  Kbd,
  MultiSelect,
  Select,
  TextInput,
} from "@mantine/core";
import { useDebouncedCallback, useDisclosure, useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconFilter, IconSearch } from "@tabler/icons-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { texts } from "../texts/index.ts";
import { countFilters, type TenantSearch } from "./list-search.ts";
import { usePlans } from "./plan-list.ts";

type ListFiltersProps = {
  readonly search: TenantSearch;
  onChange(changes: Partial<TenantSearch>, replace?: boolean): void;
};

const words = texts.tenants.filters;

export function ListFilters(props: ListFiltersProps): ReactNode {
  const [isOpen, { toggle }] = useDisclosure(false);
  const isWide = useMediaQuery("(min-width: 62em)", undefined, { getInitialValueInEffect: false });
  return (
    <search>
      <Group align="flex-end" gap="sm">
        <SearchText {...props} />
        {isWide ? (
          <Fields {...props} isWide={isWide} />
        ) : (
          <Button
            variant="default"
            leftSection={<IconFilter size={16} />}
            onClick={toggle}
            aria-expanded={isOpen}
          >
            {words.open(countFilters(props.search))}
          </Button>
        )}
      </Group>
      {!isWide && (
        <Collapse expanded={isOpen}>
          <Group align="flex-end" gap="sm" mt="sm">
            <Fields {...props} isWide={isWide} />
          </Group>
        </Collapse>
      )}
    </search>
  );
}

function SearchText({ search: { q = "" }, onChange }: ListFiltersProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(q);
  const sent = useRef(q);
  const send = useDebouncedCallback((typed: string) => {
    sent.current = typed;
    onChange({ q: typed === "" ? undefined : typed }, true);
  }, 180);
  useEffect(() => {
    // The address was changed by someone else, such as the back button.
    if (q !== sent.current) setText(q);
    sent.current = q;
  }, [q]);
  useHotkeys([["/", () => input.current?.focus()]]);
  return (
    <TextInput
      ref={input}
      type="search"
      label={texts.tenants.search}
      style={{ flex: "2 1 11rem" }}
      placeholder={texts.tenants.searchHint}
      leftSection={<IconSearch size={16} aria-hidden />}
      rightSection={<Kbd size="xs">/</Kbd>}
      value={text}
      maxLength={limits.searchCharsMax}
      onChange={({ currentTarget: { value } }) => {
        setText(value);
        send(value);
      }}
    />
  );
}

type FieldsProps = ListFiltersProps & { readonly isWide: boolean | undefined };

function Fields({ search, onChange, isWide }: FieldsProps): ReactNode {
  const plans = usePlans();
  const known = plans.data ?? [];
  const planIds = new Set([...known.map(({ id }) => id), ...(search.plan ?? [])]);
  const several = {
    style: { flex: isWide ? "0 0 138px" : "1 1 138px", minWidth: 0 },
    clearable: true,
    hidePickedOptions: false,
    placeholder: words.any,
  };
  return (
    <>
      <MultiSelect
        {...several}
        label={words.status}
        data={options(tenantStatuses, texts.tenants.status)}
        value={[...(search.status ?? [])]}
        placeholder={search.status ? undefined : words.any}
        onChange={(status) => onChange({ status: some(status) })}
      />
      <MultiSelect
        {...several}
        label={words.isolation}
        data={options(isolationModels, texts.tenants.isolation)}
        value={[...(search.isolation ?? [])]}
        placeholder={search.isolation ? undefined : words.any}
        onChange={(isolation) => onChange({ isolation: some(isolation) })}
      />
      <MultiSelect
        {...several}
        label={words.plan}
        data={[...planIds].map((id) => ({
          value: id,
          label: known.find((plan) => plan.id === id)?.name ?? id,
        }))}
        value={[...(search.plan ?? [])]}
        placeholder={search.plan ? undefined : words.any}
        onChange={(plan) => onChange({ plan: some(plan) })}
      />
      <Select
        style={{ flex: isWide ? "0 0 166px" : "1 1 160px" }}
        label={words.sort}
        data={options(tenantSorts, texts.tenants.sorts)}
        value={search.sort ?? "-createdAt"}
        allowDeselect={false}
        onChange={(sort) => onChange({ sort: sort as TenantSort })}
      />
      <Checkbox
        label={words.reviewDue}
        mb={8}
        checked={search.reviewDue === true}
        onChange={({ currentTarget: { checked } }) =>
          onChange({ reviewDue: checked ? true : undefined })
        }
      />
    </>
  );
}

function options<Value extends string>(values: readonly Value[], labels: Record<Value, string>) {
  return values.map((value) => ({ value, label: labels[value] }));
}

function some<Value extends string>(values: string[]): Value[] | undefined {
  return values.length === 0 ? undefined : (values as Value[]);
}
