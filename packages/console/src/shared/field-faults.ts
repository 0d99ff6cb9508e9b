// What the server finds wrong with an input, sorted to the fields that it is about.
import { isHestiaError } from "@hestia/core";

/** The faults of a field, and of what stands below it, as one text. */
export function faultsAt(error: unknown, ...pointers: string[]): string | undefined {
  const found = (isHestiaError(error) ? (error.faults ?? []) : []).filter(({ pointer }) =>
    pointers.some((each) => pointer === each || pointer.startsWith(`${each}/`)),
  );
  return found.length === 0 ? undefined : found.map(({ message }) => message).join(" ");
}

/** Whether each fault stands at one of the fields, so that nothing is left to be told apart from them. */
export function isToldAt(error: unknown, ...pointers: string[]): boolean {
  const faults = isHestiaError(error) ? (error.faults ?? []) : [];
  return (
    faults.length > 0 &&
    faults.every(({ pointer }) =>
      pointers.some((each) => pointer === each || pointer.startsWith(`${each}/`)),
    )
  );
}
