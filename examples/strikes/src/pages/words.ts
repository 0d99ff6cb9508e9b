// How figures, days and the records' own words are written on pages.

const count = new Intl.NumberFormat("en-US");
const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** 2171 → "2,171" */
export function number(value: number): string {
  return value < 1_000 ? String(value) : count.format(value);
}

/** Whole dollars, as a number or as PostgreSQL's bigint text: "12870" → "$12,870" */
export function dollars(value: number | string | null): string {
  return `$${number(Number(value ?? 0))}`;
}

/** "1 strike", "2,171 strikes" */
export function counted(value: number, what: string): string {
  return `${number(value)} ${what}${value === 1 ? "" : "s"}`;
}

/** "1999-10-19" → "19 Oct 1999" */
export function day(date: string): string {
  return `${Number(date.slice(8, 10))} ${months[Number(date.slice(5, 7)) - 1]} ${date.slice(0, 4)}`;
}

/** A moment, in UTC: "22 Nov 2026, 05:14" */
export function moment(time: Date): string {
  const text = time.toISOString();
  return `${day(text)}, ${text.slice(11, 16)}`;
}

/** "landing roll" → "Landing roll" */
export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** The part of a whole in per cent: "8%", "less than 1%" */
export function share(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0%";
  const percent = Math.round((100 * part) / whole);
  return percent === 0 ? "less than 1%" : `${percent}%`;
}

/** An airport as people know it, or as the report named it where it is not known. */
export function airportLabel({
  airport,
  airportCode,
  airportName,
}: {
  readonly airport: string | null;
  readonly airportCode: string | null;
  readonly airportName: string;
}): string {
  return airport === null ? titled(airportName) : `${airportCode} · ${airport}`;
}

/** "PORTLAND INTL (OR)" → "Portland Intl (OR)": reports are in capitals. */
export function titled(name: string): string {
  return name.replace(/[A-Z]{3,}/g, (word) => capital(word.toLowerCase()));
}
