// The parts of pg that have no published types and that the scoped query stands on.

declare module "pg/lib/utils.js" {
  /** Turns a JavaScript value into what the wire takes: text, bytes or null. */
  export function prepareValue(value: unknown): string | Buffer | null;
}
