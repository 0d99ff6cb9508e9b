// How an operation ended, or why it does not: the error in full, what came of it, what stays.
import type { OperationView } from "@hestia/api";
import { Alert, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { Card } from "../shared/card.tsx";
import { CopyText } from "../shared/copy-text.tsx";
import { texts } from "../texts/index.ts";
import { Json } from "./raw.tsx";

const keeps = new Set(["migrations.up", "migrations.try", "migrations.drift", "tenant.delete"]);

export function OperationEnd({ operation }: { operation: OperationView }): ReactNode {
  const words = texts.operations.one;
  const { status, error, stuckAt, result, kind } = operation;
  return (
    <>
      {stuckAt !== undefined && (
        <Alert color="red" title={words.stuckTitle}>
          {words.stuckLead}
        </Alert>
      )}
      {error !== undefined && (
        <Alert color="red" title={words.failedTitle}>
          <Stack gap="xs">
            <Text size="sm" style={{ whiteSpace: "pre-wrap" }}>
              {error.message}
            </Text>
            <Text size="xs">
              {words.code} <CopyText value={error.code} />
            </Text>
          </Stack>
        </Alert>
      )}
      {status === "cancelled" && (
        <Alert color="gray">{keeps.has(kind) ? words.cancelledKept : words.cancelled}</Alert>
      )}
      {result !== undefined && !kind.startsWith("migrations.") && (
        <Card title={words.result}>
          <Json value={result} />
        </Card>
      )}
    </>
  );
}
