// The targets that failed: where, why, and what becomes of them. Each can be tried again, or all.
import type { MigrationRunView } from "@hestia/api";
import type { TenantId } from "@hestia/core";
import { Badge, Button, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { fill } from "../shared/fill.ts";
import { Problem } from "../shared/problem.tsx";
import { Row, Rows } from "../shared/rows.tsx";
import { TenantLink } from "../tenants/tenant-link.tsx";
import { texts } from "../texts/index.ts";
import { useBegin } from "./use-begin.ts";

type Failure = MigrationRunView["failures"][number];

export function Failures({
  failures,
  total,
  canRetry = true,
}: {
  failures: readonly Failure[];
  total: number;
  canRetry?: boolean;
}): ReactNode {
  const words = texts.migrations.failures;
  const retry = useBegin("retry");
  const isInWaves = failures.some(({ wave }) => wave !== undefined);
  const columns = [
    words.target,
    ...(isInWaves ? [words.wave] : []),
    words.file,
    words.why,
    words.next,
    ...(canRetry ? [words.retry] : []),
  ];
  return (
    <Stack gap="sm" align="flex-start">
      {retry.error && <Problem error={retry.error} />}
      <Rows caption={words.title} columns={columns}>
        {failures.map((failure) => (
          <Row key={failure.target + failure.file} labels={columns}>
            <Target failure={failure} />
            {...(isInWaves ? [<span key="wave">{waveText(failure.wave)}</span>] : [])}
            <span className="mono">
              {failure.file}
              {failure.line !== undefined && `:${failure.line}`}
            </span>
            <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
              {failure.message}
            </Text>
            <Next isBlocked={failure.blocked} />
            {...(canRetry
              ? [
                  <RetryOne
                    key="retry"
                    failure={failure}
                    isPending={retry.isPending}
                    onRetry={(tenants) => retry.mutate({ tenants })}
                  />,
                ]
              : [])}
          </Row>
        ))}
      </Rows>
      {total > failures.length && (
        <Text size="sm" c="dimmed">
          {fill(words.first, { count: failures.length })}
        </Text>
      )}
      {canRetry && (
        <Button variant="default" loading={retry.isPending} onClick={() => retry.mutate({})}>
          {words.retryAll}
        </Button>
      )}
    </Stack>
  );
}

/** A wave by the name that people know it by. */
export function waveText(name: string | undefined): string {
  const words = texts.migrations.run;
  if (name === "canary") return words.canary;
  if (name === "the rest") return words.rest;
  return name ?? "";
}

function Target({ failure: { target, slug } }: { failure: Failure }): ReactNode {
  if (slug === undefined)
    return (
      <span>
        {texts.migrations.failures.shared}{" "}
        <Text span size="xs" c="dimmed" className="mono">
          {target}
        </Text>
      </span>
    );
  return <TenantLink id={target as TenantId} name={slug} />;
}

function Next({ isBlocked }: { isBlocked: boolean }): ReactNode {
  const words = texts.migrations.failures;
  return (
    <div>
      <Badge color={isBlocked ? "red" : "yellow"} variant="light" tt="none">
        {isBlocked ? words.blocked : words.deferred}
      </Badge>
      <Text size="xs" c="dimmed" mt={2}>
        {isBlocked ? words.blockedLead : words.deferredLead}
      </Text>
    </div>
  );
}

function RetryOne({
  failure: { slug },
  isPending,
  onRetry,
}: {
  failure: Failure;
  isPending: boolean;
  onRetry: (tenants: string[]) => void;
}): ReactNode {
  const words = texts.migrations.failures;
  // What the tenants of a cluster have in common has no tenant's name: all that failed are tried again with it.
  if (slug === undefined) return null;
  return (
    <Button
      size="compact-sm"
      variant="light"
      disabled={isPending}
      aria-label={fill(words.retryNamed, { target: slug })}
      onClick={() => onRetry([slug])}
    >
      {words.retry}
    </Button>
  );
}
