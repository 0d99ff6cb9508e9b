// All items of a paged list, page after page, as one async iterable.
import type { Page } from "@hestia/core";

/**
 * Returns the items of all pages, asking for the next page when the items of one are used up.
 *
 * @example for await (const tenant of paginate(client.tenants.list, { status: ["active"] })) …
 */
export async function* paginate<
  Input extends { cursor?: string | undefined },
  Item,
  Options = undefined,
>(
  list: (input?: Input, options?: Options) => Promise<Page<Item>>,
  input?: Input,
  options?: Options,
): AsyncGenerator<Item> {
  let cursor: string | undefined = input?.cursor;
  do {
    const page: Page<Item> = await list({ ...input, cursor } as Input, options);
    yield* page.items;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}
