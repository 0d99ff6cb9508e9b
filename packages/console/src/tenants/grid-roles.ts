// The roles of a grid's parts, said aloud: a table that is laid out otherwise loses its own, and rows that are chosen and moved
// between are no plain table's. The Tab key stops at the active row, not at its cells.

/** The roles of a grid's parts, to be spread into the elements of a table. */
export const gridRoles = {
  grid: { role: "grid", "aria-multiselectable": true },
  group: { role: "rowgroup" },
  row: { role: "row" },
  head: { role: "columnheader", scope: "col" },
  cell: { role: "gridcell" },
} as const;
