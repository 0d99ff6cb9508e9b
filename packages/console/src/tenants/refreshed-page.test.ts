// A page that is read again keeps its end, whatever came in or went out meanwhile.
import type { TenantView } from "@hestia/api";
import { expect, test } from "vitest";
import { refreshedPage, type TenantPage, tenantsOf } from "./refreshed-page.ts";

const page = (letters: string, nextCursor?: string): TenantPage => ({
  items: [...letters].map((id) => ({ id }) as unknown as TenantView),
  readAt: 0,
  ...(nextCursor === undefined ? {} : { nextCursor }),
});
const letters = ({ items, nextCursor }: TenantPage) => [
  items.map(({ id }) => id as string).join(""),
  nextCursor,
];

test("what came in pushes nothing out of the page", () => {
  expect(letters(refreshedPage(page("bcde", "old"), page("abcd", "new")))).toEqual([
    "abcde",
    "old",
  ]);
});

test("what went out does not draw the next page's into it", () => {
  expect(letters(refreshedPage(page("abcd", "old"), page("acde", "new")))).toEqual(["acd", "old"]);
});

test("a page whose end is gone, or that was the last, is as it came", () => {
  expect(letters(refreshedPage(page("abcd", "old"), page("abce", "new")))).toEqual(["abce", "new"]);
  expect(letters(refreshedPage(page("abcd", "old"), page("abc")))).toEqual(["abc", undefined]);
  expect(letters(refreshedPage(page("abcd"), page("xabc", "new")))).toEqual(["xabc", "new"]);
});

test("a tenant that is on two pages for a moment is listed once", () => {
  expect(tenantsOf([page("abc"), page("cd")]).map(({ id }) => id as string)).toEqual([
    "a",
    "b",
    "c",
    "d",
  ]);
});
