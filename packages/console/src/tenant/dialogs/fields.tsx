// The fields that several dialogs have.

import { TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { fill } from "../../shared/fill.ts";
import { texts } from "../../texts/index.ts";

/** Typed by hand where nothing brings back what is done. */
export function ConfirmField({
  slug,
  value,
  onChange,
}: {
  slug: string;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  const words = texts.tenant.dialog;
  return (
    <TextInput
      label={fill(words.confirm, { slug })}
      description={words.confirmHelp}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      autoComplete="off"
      autoCapitalize="none"
      spellCheck={false}
      required
    />
  );
}

/** A time by the reader's clock. Empty: none. */
export function TimeField({
  label,
  description,
  value,
  onChange,
}: {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
}): ReactNode {
  return (
    <TextInput
      type="datetime-local"
      label={label}
      description={description}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
