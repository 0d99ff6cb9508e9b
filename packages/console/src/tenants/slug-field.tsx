// The slug: suggested from the name until somebody types one, and looked up while it is typed.
import { parseSlug } from "@hestia/core";
import { Button, Group, Loader, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { client } from "../app/client.ts";
import { texts } from "../texts/index.ts";
import { numberedSlug } from "./suggest-slug.ts";

type SlugFieldProps = {
  readonly value: string;
  readonly error: string | undefined;
  readonly baseDomain: string | undefined;
  onChange(slug: string): void;
  onBlur(): void;
};

const words = texts.newTenant;

export function SlugField({ value, error, baseDomain, onChange, onBlur }: SlugFieldProps) {
  const { holder, free, isAsking, isFree } = useAvailability(value);
  const host = `${value === "" ? words.slugStandIn : value}.${baseDomain ?? "…"}`;
  return (
    <div>
      <TextInput
        label={words.slug}
        description={words.slugHelp(host)}
        required
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={value}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
        onBlur={onBlur}
        error={error ?? (holder ? words.slugTaken(holder.name) : undefined)}
        rightSection={<Sign isAsking={isAsking} isFree={isFree && error === undefined} />}
      />
      <div role="status">
        {holder && (
          <Group gap="xs" mt={4}>
            <Text
              size="xs"
              component={Link}
              to={`/tenants/${holder.id}`}
              c="inherit"
              td="underline"
            >
              {holder.name}
            </Text>
            {free && (
              <Button size="compact-xs" variant="light" onClick={() => onChange(free)}>
                {words.slugUse(free)}
              </Button>
            )}
          </Group>
        )}
        {isFree && error === undefined && (
          <Text size="xs" c="dimmed" mt={4}>
            {words.slugFree}
          </Text>
        )}
      </div>
    </div>
  );
}

function Sign({ isAsking, isFree }: { isAsking: boolean; isFree: boolean }): ReactNode {
  if (isAsking) return <Loader size={14} aria-label={words.slugAsking} />;
  return isFree ? <IconCheck size={16} color="var(--mantine-color-teal-7)" aria-hidden /> : null;
}

/** Who has the slug, and the next one that is free. */
function useAvailability(slug: string) {
  const [asked] = useDebouncedValue(slug, 250);
  const isGood = parseSlug(asked).faults === undefined;
  const found = useQuery({
    queryKey: ["tenants", "slug", asked],
    queryFn: async ({ signal }) => {
      const holderOf = async (each: string) =>
        (await client.tenants.list({ slug: each, limit: 1 }, { signal })).items[0];
      const holder = await holderOf(asked);
      if (holder === undefined) return { free: asked };
      for (let number = 2; number < 10; number += 1) {
        const free = numberedSlug(asked, number);
        if ((await holderOf(free)) === undefined) return { holder, free };
      }
      return { holder };
    },
    enabled: isGood,
    staleTime: 5_000,
  });
  const isSettled = asked === slug && isGood && found.data !== undefined;
  const { holder, free } = isSettled ? found.data : {};
  return {
    holder,
    free,
    isAsking: slug !== "" && (asked !== slug || found.isFetching),
    isFree: isSettled && holder === undefined,
  };
}
