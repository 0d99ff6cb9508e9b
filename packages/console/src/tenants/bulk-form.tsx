// Why and how the selected tenants are suspended or resumed, and what will become of each of them.
import type { TenantView } from "@hestia/api";
import { parseReason, type SuspensionMode } from "@hestia/core";
import {
  Alert,
  Button,
  Group,
  Radio,
  ScrollArea,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type FormEvent, type ReactNode, useState } from "react";
import { formatNumber } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import type { BulkPreview } from "./bulk-preview.ts";
import type { BulkAction } from "./list-search.ts";
import { StatusBadge } from "./status-badge.tsx";

/** What the form holds, as it is typed. */
export type BulkValues = {
  readonly reason: string;
  readonly mode: SuspensionMode;
  /** A day, or empty. */
  readonly reviewAt: string;
};

type BulkFormProps = {
  readonly action: BulkAction;
  readonly values: BulkValues;
  readonly preview: BulkPreview;
  onChange(values: BulkValues): void;
  onClose(): void;
  onConfirm(): void;
};

const words = texts.tenants.bulk;

export function BulkForm(props: BulkFormProps): ReactNode {
  const { action, values, preview, onChange, onClose, onConfirm } = props;
  const [isTouched, setTouched] = useState(false);
  const isNeeded = action === "suspend";
  const isGiven = values.reason.trim() !== "";
  const fault = isNeeded || isGiven ? parseReason(values.reason).faults?.[0].message : undefined;
  const isPast = values.reviewAt !== "" && new Date(values.reviewAt) <= new Date();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (fault === undefined && !isPast) onConfirm();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <Textarea
          label={words.reason}
          description={words.reasonHelp}
          autosize
          minRows={2}
          required={isNeeded}
          data-autofocus
          value={values.reason}
          onChange={({ currentTarget: { value } }) => onChange({ ...values, reason: value })}
          onBlur={() => isGiven && setTouched(true)}
          error={isTouched ? fault : undefined}
        />
        {isNeeded && <Suspension values={values} onChange={onChange} isPast={isPast} />}
        <Preview preview={preview} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {words.cancel}
          </Button>
          <Button type="submit" disabled={preview.will.length === 0}>
            {words.run[action](formatNumber(preview.will.length))}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type SuspensionProps = Pick<BulkFormProps, "values" | "onChange"> & { readonly isPast: boolean };

function Suspension({ values, onChange, isPast }: SuspensionProps): ReactNode {
  return (
    <>
      <Radio.Group
        label={words.mode}
        value={values.mode}
        onChange={(mode) => onChange({ ...values, mode: mode as SuspensionMode })}
      >
        <Stack gap={6} mt={4}>
          <Radio value="blocked" label={words.modes.blocked} />
          <Radio value="readonly" label={words.modes.readonly} />
        </Stack>
      </Radio.Group>
      <TextInput
        type="date"
        label={words.reviewAt}
        description={words.reviewHelp}
        maw={260}
        value={values.reviewAt}
        onChange={({ currentTarget: { value } }) => onChange({ ...values, reviewAt: value })}
        error={isPast ? words.reviewPast : undefined}
      />
    </>
  );
}

function Preview({ preview: { to, will, same, cannot } }: { preview: BulkPreview }): ReactNode {
  const movable = to as keyof typeof words.will;
  return (
    <ScrollArea.Autosize mah={320} type="auto" viewportProps={{ tabIndex: 0 }}>
      <Stack gap="sm">
        <Part title={words.will[movable](formatNumber(will.length))} tenants={will} />
        {same.length > 0 && <Part title={words.same(formatNumber(same.length))} tenants={same} />}
        {cannot.length > 0 && (
          <Alert color="yellow" p="sm" title={words.cannot(formatNumber(cannot.length))}>
            <Lines tenants={cannot} isExplained />
          </Alert>
        )}
      </Stack>
    </ScrollArea.Autosize>
  );
}

function Part({ title, tenants }: { title: string; tenants: readonly TenantView[] }): ReactNode {
  return (
    <Stack gap={4}>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <Lines tenants={tenants} />
    </Stack>
  );
}

type LinesProps = { readonly tenants: readonly TenantView[]; readonly isExplained?: boolean };

function Lines({ tenants, isExplained = false }: LinesProps): ReactNode {
  return (
    <Stack gap={4} component="ul" m={0} p={0} style={{ listStyle: "none" }}>
      {tenants.map(({ id, name, slug, status }) => (
        <Group component="li" key={id} justify="space-between" gap="xs" wrap="nowrap">
          <Text size="sm" lineClamp={2}>
            {name}{" "}
            <Text span size="xs" c="dimmed" className="mono">
              {slug}
            </Text>
            {isExplained && (
              <Text span size="sm" display="block">
                {words.why[status]}
              </Text>
            )}
          </Text>
          <StatusBadge status={status} />
        </Group>
      ))}
    </Stack>
  );
}
