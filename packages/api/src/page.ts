// Pages of lists: one shape for all of them, continued by an opaque cursor.
import { limits } from "@hestia/core";
import { type TSchema, Type } from "typebox";
import { defaulted } from "./route.ts";

/** The query members of every paged list. */
export const pageQuery = {
  limit: defaulted(
    Type.Integer({
      minimum: 1,
      maximum: limits.pageItemsMax,
      description: "How many items to return at most.",
    }),
    limits.pageItemsDefault,
  ),
  cursor: Type.Optional(
    Type.String({
      pattern: "^[A-Za-z0-9_-]+$",
      maxLength: limits.cursorCharsMax,
      description: "`nextCursor` of the page before, with the same filter and order.",
    }),
  ),
};

/** Makes the schema of a page of items. */
export function pageOf<Item extends TSchema>(title: string, item: Item) {
  return Type.Object(
    {
      items: Type.Array(item),
      nextCursor: Type.Optional(
        Type.String({ description: "Send it as `cursor` for the next page; absent on the last." }),
      ),
    },
    { title },
  );
}
