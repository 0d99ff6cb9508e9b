// Times between the server, which knows UTC, and a field, which shows the reader's clock to the minute.

/** The time that a field shows, from the one that the server knows; empty for none. */
export function localTime(iso: string | undefined): string {
  if (iso === undefined) return "";
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** Back to what the server knows. */
export function isoTime(local: string): string | undefined {
  const time = new Date(local);
  return local === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
