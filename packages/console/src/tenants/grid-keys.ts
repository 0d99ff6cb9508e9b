// Which row a key leads to.

type Place = { readonly active: number; readonly count: number; readonly page: number };

/** Returns the row's index, or undefined where the key moves nothing. */
export function rowAfterKey(key: string, { active, count, page }: Place): number | undefined {
  const to = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + Math.max(page, 1),
    PageUp: active - Math.max(page, 1),
    Home: 0,
    End: count - 1,
  }[key];
  return to === undefined ? undefined : Math.min(Math.max(to, 0), count - 1);
}
