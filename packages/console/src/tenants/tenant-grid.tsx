// The list as a grid: only the rows in sight are there, one of them is reached by the Tab key and the others from it by arrows.

import type { SetupView, TenantView } from "@hestia/api";
import { defaultTenantSort, parseSort, type TenantSort } from "@hestia/core";
import { VisuallyHidden } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import {
  memo,
  type ReactNode,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { texts } from "../texts/index.ts";
import { rowAfterKey } from "./grid-keys.ts";
import { gridRoles } from "./grid-roles.ts";
import { select, selectedMax, toggle, useSelection } from "./selection.ts";
import styles from "./tenant-grid.module.css";
import type { Sight } from "./tenant-pages.ts";
import { TenantRow } from "./tenant-row.tsx";

const headerHeight = 56;
const columnHeadHeight = 42;
/** As the styles have it, where a row is not a card. */
const rowHeight = 61;

export type TenantGridProps = {
  readonly items: readonly TenantView[];
  readonly isWhole: boolean;
  readonly isBusy: boolean;
  readonly sort: TenantSort | undefined;
  readonly setup: SetupView | undefined;
  onSort(sort: TenantSort): void;
  onOpen(tenant: TenantView): void;
  /** Told which rows are in sight. */
  onSight(sight: Sight): void;
  onFull(): void;
};

export function TenantGrid(props: TenantGridProps): ReactNode {
  const { items, isWhole, isBusy, sort, setup, onSort, onOpen, onSight, onFull } = props;
  const words = texts.tenants;
  const selected = useSelection();
  const body = useRef<HTMLTableSectionElement>(null);
  const isNarrow = useMediaQuery("(max-width: 61.99em)", undefined, {
    getInitialValueInEffect: false,
  });
  const [activeId, setActiveId] = useState<string>();
  const active = useMemo(
    () =>
      activeId === undefined
        ? 0
        : Math.max(
            0,
            items.findIndex(({ id }) => id === activeId),
          ),
    [items, activeId],
  );
  const wanted = useRef<string>(undefined);
  const margin = useTop(body);
  const virtualizer = useWindowVirtualizer({
    count: items.length,
    estimateSize: () => (isNarrow ? 112 : rowHeight),
    getItemKey: (index) => items[index]?.id ?? index,
    gap: isNarrow ? 8 : 0,
    overscan: 6,
    scrollMargin: margin,
    scrollPaddingStart: headerHeight + (isNarrow ? 0 : columnHeadHeight),
    // The row that has the focus is never taken away.
    rangeExtractor: (range) =>
      [...new Set([...defaultRangeExtractor(range), active])].sort(inOrder),
  });
  const { range } = virtualizer;
  const [first, last] = [range?.startIndex ?? 0, range?.endIndex ?? 0];
  useEffect(() => onSight([first, last]), [onSight, first, last]);
  useLayoutEffect(() => {
    // An effect of an earlier render knows another active row, and has to leave this to the render that shows the wanted one.
    if (wanted.current === undefined || wanted.current !== activeId) return;
    wanted.current = undefined;
    const row = body.current?.querySelector<HTMLElement>(`[data-index="${active}"]`);
    row?.focus({ preventScroll: true });
  });
  const move = (index: number) => {
    if (index === active && activeId !== undefined) return;
    wanted.current = items[index]?.id;
    setActiveId(items[index]?.id);
    virtualizer.scrollToIndex(index, { align: "auto" });
  };
  const choose = useCallback(
    (id: string) => {
      if (!toggle(id)) onFull();
    },
    [onFull],
  );
  const onKeyDown = (event: React.KeyboardEvent<HTMLElement>) => {
    const isRow = (event.target as HTMLElement).getAttribute("role") === "row";
    const tenant = items[active];
    if (!isRow || tenant === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    const next = rowAfterKey(event.key, { active, count: items.length, page: last - first });
    if (event.key === "Enter") onOpen(tenant);
    else if (event.key === " ") choose(tenant.id);
    else if (next !== undefined) move(next);
    else return;
    event.preventDefault();
  };
  return (
    <table
      {...gridRoles.grid}
      className={styles.grid}
      aria-label={words.title}
      aria-describedby="tenant-grid-keys"
      aria-rowcount={isWhole ? items.length + 1 : -1}
      aria-busy={isBusy}
      onKeyDown={onKeyDown}
    >
      <GridHead items={items} sort={sort} onSort={onSort} />
      <tbody
        {...gridRoles.group}
        ref={body}
        className={styles.body}
        style={{ height: virtualizer.getTotalSize(), opacity: isBusy ? 0.6 : 1 }}
      >
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const tenant = items[index];
          return (
            tenant && (
              <TenantRow
                key={tenant.id}
                tenant={tenant}
                index={index}
                offset={start - margin}
                measure={isNarrow ? virtualizer.measureElement : undefined}
                setup={setup}
                isSelected={selected.has(tenant.id)}
                isActive={index === active}
                onFocus={setActiveId}
                onOpen={onOpen}
                onSelect={choose}
              />
            )
          );
        })}
      </tbody>
      <caption id="tenant-grid-keys" style={{ display: "none" }}>
        {words.keys}
      </caption>
    </table>
  );
}

type GridHeadProps = Pick<TenantGridProps, "items" | "sort" | "onSort">;

// Counting those that are selected goes through all: not each time that one scrolls.
const GridHead = memo(function GridHead(props: GridHeadProps): ReactNode {
  const { items, sort = defaultTenantSort, onSort } = props;
  const { columns } = texts.tenants;
  const selected = useSelection();
  const chosen = items.filter(({ id }) => selected.has(id)).length;
  const isAll = chosen > 0 && chosen === Math.min(items.length, selectedMax);
  const order = { sort, onSort };
  return (
    <thead {...gridRoles.group} className={styles.head}>
      <tr {...gridRoles.row} aria-rowindex={1}>
        <th {...gridRoles.head}>
          <input
            type="checkbox"
            className={styles.box}
            aria-label={columns.select}
            checked={isAll}
            ref={(box) => {
              if (box) box.indeterminate = chosen > 0 && !isAll;
            }}
            onChange={() => select(isAll ? [] : items.map(({ id }) => id))}
          />
        </th>
        <SortedColumn field="name" label={columns.name} {...order} />
        {[columns.status, columns.isolation, columns.plan, columns.host].map((label) => (
          <th {...gridRoles.head} key={label}>
            {label}
          </th>
        ))}
        <SortedColumn field="createdAt" label={columns.created} {...order} />
      </tr>
    </thead>
  );
});

type SortedColumnProps = {
  readonly field: "name" | "createdAt";
  readonly label: string;
  readonly sort: TenantSort;
  onSort(sort: TenantSort): void;
};

function SortedColumn({ field, label, sort, onSort }: SortedColumnProps): ReactNode {
  const now = parseSort(sort);
  const isSorted = now.field === field;
  const Arrow = now.descending ? IconArrowDown : IconArrowUp;
  const next = isSorted && !now.descending ? (`-${field}` as const) : field;
  return (
    <th
      {...gridRoles.head}
      aria-sort={isSorted ? (now.descending ? "descending" : "ascending") : "none"}
    >
      <button type="button" className={styles.sorter} onClick={() => onSort(next)}>
        {label}
        {isSorted && <Arrow size={14} aria-hidden />}
        <VisuallyHidden>{texts.tenants.sorts[next]}</VisuallyHidden>
      </button>
    </th>
  );
}

/** How far below the top of the page the rows begin. */
function useTop(element: React.RefObject<HTMLElement | null>): number {
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const now = (element.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
    if (Math.abs(now - top) > 0.5) setTop(now);
  });
  return top;
}

function inOrder(a: number, b: number): number {
  return a - b;
}
