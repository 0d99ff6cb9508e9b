// A chart that is a table: each row a name, a bar and its number, so that it is the same to eyes, screen readers and keyboards.
import { Table, Text } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./bars.module.css";
import { formatNumber } from "./format.ts";

/** One row. */
export type Bar = {
  readonly key: string;
  /** The name, as a link where it leads somewhere. */
  readonly label: ReactNode;
  readonly value: number;
  /** A colour of the theme. */
  readonly colour: string;
};

export function Bars({
  caption,
  columns,
  bars,
}: {
  caption: string;
  columns: readonly [string, string];
  bars: readonly Bar[];
}): ReactNode {
  const most = Math.max(1, ...bars.map(({ value }) => value));
  return (
    <Table
      className={classes.bars}
      withRowBorders={false}
      verticalSpacing={5}
      horizontalSpacing={0}
    >
      <caption className={classes.hidden}>{caption}</caption>
      <thead className={classes.hidden}>
        <tr>
          <th scope="col">{columns[0]}</th>
          <th scope="col">{columns[1]}</th>
        </tr>
      </thead>
      <tbody>
        {bars.map(({ key, label, value, colour }) => (
          <tr key={key}>
            <th scope="row" className={classes.label}>
              {label}
            </th>
            <td className={classes.value}>
              <span className={classes.track} aria-hidden>
                <span
                  className={classes.bar}
                  style={{
                    inlineSize: `${(100 * value) / most}%`,
                    minInlineSize: value > 0 ? 3 : 0,
                    background: `var(--mantine-color-${colour}-6)`,
                  }}
                />
              </span>
              <Text span size="sm" className="numbers" fw={600}>
                {formatNumber(value)}
              </Text>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
