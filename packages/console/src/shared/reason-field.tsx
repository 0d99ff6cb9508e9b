// Why something is done, for the audit log: asked for in the same words wherever it is.
import { limits } from "@hestia/core";
import { Textarea } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function ReasonField({
  value,
  onChange,
  isOptional = false,
}: {
  value: string;
  onChange: (value: string) => void;
  isOptional?: boolean;
}): ReactNode {
  const words = texts.tenant.dialog;
  return (
    <Textarea
      label={isOptional ? words.reasonOptional : words.reason}
      description={words.reasonHelp}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      maxLength={limits.reasonCharsMax}
      autosize
      minRows={2}
      required={!isOptional}
      data-autofocus
    />
  );
}
