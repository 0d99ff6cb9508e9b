// What a row takes in memory beyond its bytes on the wire, told before it is made. Measured on V8, and rounded up: what JSON and
// arrays become depends on how many objects there are in them, which is far more than their text.

import pg from "pg";

/** Bytes that a row is about to take; `values` as they came, in text. */
export type RowWeight = (values: readonly unknown[]) => number;

const rowBytes = 64;
const fieldBytes = 32;
/** A date, an interval, a point, a buffer. */
const objectBytes = 112;
const innerBytes = 200;
const [colonBytes, commaBytes] = [40, 20];
/** pg puts the elements of an array together letter by letter; that also takes time, while nobody is served. */
const letterBytes = 8;

/** Up to this many characters what a field takes makes up for it. */
const shortChars = 32;
const wide = /[\u0100-\uffff]/;

const [openBrace, openBracket, colon, comma, space] = [0x7b, 0x5b, 0x3a, 0x2c, 0x20];
/** bool, int2, int4, oid, float4, float8: they become a boolean or a number. */
const plain = new Set([16, 21, 23, 26, 700, 701]);
const json = new Set([114, 3802]);
/** Arrays of what is a boolean, a number, a text or JSON. */
const plainElements = new Set([
  199, 3807, 1000, 1002, 1005, 1007, 1008, 1009, 1014, 1015, 1016, 1021, 1022, 1028, 1231, 2951,
]);

const parserOf = (oid: number) => pg.types.getTypeParser(oid, "text") as unknown;
const asItCame = parserOf(25);

/** Returns the weight of rows with the columns. What the caller's own parsers make of a value is the caller's. */
export function rowWeight(
  columns: readonly pg.FieldDef[],
  types: pg.CustomTypesConfig | undefined,
): RowWeight {
  const made = columns.flatMap(({ dataTypeID }, at) => {
    const parser = parserOf(dataTypeID);
    const given = types?.getTypeParser(dataTypeID, "text") ?? parser;
    if (parser === asItCame || given !== parser || plain.has(dataTypeID)) return [];
    if (json.has(dataTypeID)) return [{ at, perComma: commaBytes, perLetter: 1 }];
    const perComma = plainElements.has(dataTypeID) ? commaBytes : objectBytes;
    return [{ at, perComma, perLetter: letterBytes }];
  });
  const fixed = rowBytes + columns.length * fieldBytes + made.length * objectBytes;
  return (values) =>
    made.reduce((sum, column) => sum + structure(values[column.at], column), fixed + width(values));
}

/** One character past Latin 1 doubles what a whole text takes, whatever its bytes on the wire were. */
function width(values: readonly unknown[]): number {
  let bytes = 0;
  for (const text of values)
    if (typeof text === "string" && text.length > shortChars && wide.test(text))
      bytes += text.length;
  return bytes;
}

/** What the objects and arrays in a text take. */
function structure(
  text: unknown,
  { perComma, perLetter }: { readonly perComma: number; readonly perLetter: number },
): number {
  if (typeof text !== "string") return 0;
  const first = text.charCodeAt(firstAt(text));
  if (first !== openBrace && first !== openBracket) return 0;
  let bytes = text.length * perLetter;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === comma) bytes += perComma;
    else if (code === colon) bytes += colonBytes;
    else if (code === openBrace || code === openBracket) bytes += innerBytes;
  }
  return bytes;
}

/** Where a text begins: JSON is kept with the white space before it. */
function firstAt(text: string): number {
  let at = 0;
  while (at < text.length && text.charCodeAt(at) <= space) at += 1;
  return at;
}
