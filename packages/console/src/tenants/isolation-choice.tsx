// Where a new tenant's rows live: what each model is, what it costs by what was measured, and when to take it.
import { type IsolationModel, isolationModels } from "@hestia/core";
import { Group, Radio, SimpleGrid, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";
import styles from "./isolation-choice.module.css";

type IsolationChoiceProps = {
  readonly value: IsolationModel;
  /** The model that the plan keeps places ready for. */
  readonly ofPlan: IsolationModel | undefined;
  readonly error: string | undefined;
  onChange(model: IsolationModel): void;
};

const words = texts.newTenant;

export function IsolationChoice(props: IsolationChoiceProps): ReactNode {
  const { value, ofPlan, error, onChange } = props;
  return (
    <Radio.Group
      label={words.isolation}
      description={`${words.isolationHelp} ${words.measured}`}
      value={value}
      error={error}
      onChange={(model) => onChange(model as IsolationModel)}
    >
      <SimpleGrid cols={{ base: 1, md: 3 }} spacing="sm" mt="xs">
        {isolationModels.map((model) => (
          <Radio.Card
            key={model}
            value={model}
            p="sm"
            h="100%"
            className={styles.card}
            aria-label={texts.tenants.isolation[model]}
          >
            <Group wrap="nowrap" align="flex-start" gap="sm">
              <Radio.Indicator mt={2} />
              <Stack gap={4}>
                <Group gap={6} mih={22}>
                  <Text size="sm" fw={600}>
                    {texts.tenants.isolation[model]}
                  </Text>
                  {ofPlan === model && <Text size="xs">({words.planModel})</Text>}
                </Group>
                <Text size="xs">{words.models[model].is}</Text>
                <Text size="xs" c="dimmed">
                  {words.models[model].cost}
                </Text>
                <Text size="xs" c="dimmed">
                  {words.models[model].when}
                </Text>
              </Stack>
            </Group>
          </Radio.Card>
        ))}
      </SimpleGrid>
    </Radio.Group>
  );
}
