// Lists: one page as the server gives it, or all of them gathered into one.
import { paginate } from "@hestia/api";
import { limits, type Page } from "@hestia/core";
import type { Output } from "./output.ts";

type Paged = { readonly limit?: number | undefined; readonly cursor?: string | undefined };

/** Reads the page that the input names, or with `all` every page from there on. */
export async function readPage<Input extends Paged, Item>(
  list: (input?: Input) => Promise<Page<Item>>,
  input: Input,
  all: boolean | undefined,
): Promise<Page<Item>> {
  if (!all) return list(input);
  const items: Item[] = [];
  const largest = { ...input, limit: input.limit ?? limits.pageItemsMax };
  for await (const item of paginate(list, largest)) items.push(item);
  return { items };
}

/** Prints a page: for programs as it is, for people as the table, and how to go on. */
export function printPage<Item>(
  output: Output,
  page: Page<Item>,
  { json, table, none }: { json: boolean | undefined; table: () => string; none: string },
): void {
  if (json) output.printJson(page);
  else if (page.items.length === 0) output.note(none);
  else output.print(table());
  if (!json && page.nextCursor !== undefined)
    output.note(`There are more: --all, or --cursor ${page.nextCursor}`);
}
