// A table that becomes a list of small blocks where the screen is narrow, so that nothing has to be scrolled sideways.
import { Table } from "@mantine/core";
import { Children, type ReactNode } from "react";
import classes from "./rows.module.css";

export function Rows({
  caption,
  columns,
  children,
}: {
  caption: string;
  columns: readonly string[];
  children: ReactNode;
}): ReactNode {
  return (
    <Table className={classes.rows} verticalSpacing="xs" highlightOnHover>
      <caption className={classes.hidden}>{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
    </Table>
  );
}

/** One row; each child is a cell, named by its column where there is no head. */
export function Row({
  labels,
  children,
}: {
  labels: readonly string[];
  children: ReactNode;
}): ReactNode {
  return (
    <tr className={classes.row}>
      {Children.map(children, (cell, index) => (
        <td data-label={labels[index]}>{cell}</td>
      ))}
    </tr>
  );
}
