// A form drawn from the operator's JSON Schema. It is loaded only where there is one.
import type { Fault, JsonObject } from "@hestia/core";
import { Text } from "@mantine/core";
import Form from "@rjsf/mantine";
import {
  type ErrorSchema,
  ErrorSchemaBuilder,
  type FieldErrorProps,
  type RJSFSchema,
  type TitleFieldProps,
  type UiSchema,
} from "@rjsf/utils";
import { type ReactNode, useEffect, useMemo } from "react";
import { checkBySchema, validatorFor } from "./schema-validator.ts";

type SettingsFormProps = {
  readonly schema: Record<string, unknown>;
  readonly value: JsonObject;
  /** What is shown, with pointers from the tenant's own root. */
  readonly faults: readonly Fault[];
  onChange(settings: JsonObject): void;
  onFaults(faults: readonly Fault[]): void;
};

const templates = { FieldErrorTemplate: FieldErrors, TitleFieldTemplate: PartTitle };
const uiSchema: UiSchema = { "ui:submitButtonOptions": { norender: true } };

// An input says itself what is wrong with it; what is made of several has nobody else to say it.
function FieldErrors({ errors = [], schema }: FieldErrorProps): ReactNode {
  const isWhole = schema.type === "object" || schema.type === "array";
  if (!isWhole || errors.length === 0) return null;
  return (
    <Text size="xs" c="var(--mantine-color-error)">
      {errors}
    </Text>
  );
}

function PartTitle({ id, title }: TitleFieldProps): ReactNode {
  return (
    <Text id={id} size="sm" fw={700} mt="xs">
      {title}
    </Text>
  );
}

export default function SettingsForm(props: SettingsFormProps): ReactNode {
  const { schema, value, faults, onChange, onFaults } = props;
  const drawn = useMemo(() => withoutTitle(schema), [schema]);
  const validator = useMemo(() => validatorFor(), []);
  const extraErrors = useMemo(() => errorSchemaOf(faults), [faults]);
  const wrong = useMemo(() => checkBySchema(schema, value), [schema, value]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: told when what is wrong changes, not when who listens does
  useEffect(() => {
    onFaults(wrong.map((fault) => ({ ...fault, pointer: `/settings${fault.pointer}` })));
    return () => onFaults([]);
  }, [wrong]);
  return (
    <Form
      tagName="div"
      schema={drawn}
      uiSchema={uiSchema}
      validator={validator}
      formData={value}
      extraErrors={extraErrors}
      noValidate
      showErrorList={false}
      templates={templates}
      idPrefix="settings"
      onChange={({ formData }) => onChange((formData ?? {}) as JsonObject)}
    />
  );
}

// The legend says it already.
function withoutTitle({ title: _said, ...schema }: Record<string, unknown>): RJSFSchema {
  return schema as RJSFSchema;
}

function errorSchemaOf(faults: readonly Fault[]): ErrorSchema {
  const builder = new ErrorSchemaBuilder();
  for (const { pointer, message } of faults) {
    const path = pointer.split("/").slice(2).map(unescaped);
    builder.addErrors(message, path);
  }
  return builder.ErrorSchema;
}

function unescaped(name: string): string {
  return name.replaceAll("~1", "/").replaceAll("~0", "~");
}
