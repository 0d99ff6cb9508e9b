// A text that a regular expression of PostgreSQL matches: for checks such as `code ~ '^[A-Z]{2}-\d+$'`. What it does not
// understand it returns nothing for; whether a text truly matches PostgreSQL is asked afterwards.

type Cursor = { readonly text: string; at: number; readonly seed: number };

/** A text that matches, another one for another seed; undefined where the pattern is not understood. */
export function matching(pattern: string, seed: number): string | undefined {
  const cursor: Cursor = { text: pattern, at: 0, seed };
  try {
    const text = alternatives(cursor);
    return cursor.at === pattern.length ? text : undefined;
  } catch {
    return undefined;
  }
}

function alternatives(cursor: Cursor): string {
  const branches = [sequence(cursor)];
  while (cursor.text[cursor.at] === "|") {
    cursor.at += 1;
    branches.push(sequence(cursor));
  }
  return branches[cursor.seed % branches.length] ?? "";
}

function sequence(cursor: Cursor): string {
  let made = "";
  while (cursor.at < cursor.text.length && !"|)".includes(cursor.text[cursor.at] ?? "")) {
    const from = cursor.at;
    const one = atom(cursor, made.length);
    const [least, most] = quantity(cursor);
    const count = Math.min(most, Math.max(least, 1));
    const end = cursor.at;
    made += count > 0 ? one : "";
    for (let more = 1; more < count; more++) {
      cursor.at = from;
      made += atom(cursor, made.length);
    }
    cursor.at = end;
  }
  return made;
}

function atom(cursor: Cursor, place: number): string {
  const character = cursor.text[cursor.at] ?? "";
  cursor.at += 1;
  if (character === "^" || character === "$") return "";
  if (character === ".") return pick("abcdefghij", cursor, place);
  if (character === "[") return pick(members(cursor), cursor, place);
  if (character === "\\") return pick(escaped(cursor), cursor, place);
  if (character !== "(") return character;
  if (cursor.text.startsWith("?:", cursor.at)) cursor.at += 2;
  else if (cursor.text[cursor.at] === "?") throw new Error("a condition");
  const inner = alternatives(cursor);
  cursor.at += 1;
  return inner;
}

/** Seeds differ in the places that come last first, as numbers do. */
function pick(characters: string, { seed }: Cursor, place: number): string {
  if (characters === "") throw new Error("an empty class");
  return characters[(seed + place * 7) % characters.length] ?? "";
}

const classes: Record<string, string> = {
  d: "1234567890",
  w: "abcdefghijklmnopqrstuvwxyz0123456789",
  s: " ",
};

function escaped(cursor: Cursor): string {
  const letter = cursor.text[cursor.at] ?? "";
  cursor.at += 1;
  return classes[letter] ?? (/[a-zA-Z0-9]/.test(letter) ? "" : letter);
}

const named: Record<string, string> = {
  "[:alpha:]": "abcdefghijklmnopqrstuvwxyz",
  "[:digit:]": "1234567890",
  "[:alnum:]": "abcdefghijklmnopqrstuvwxyz1234567890",
  "[:upper:]": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
  "[:lower:]": "abcdefghijklmnopqrstuvwxyz",
  "[:space:]": " ",
};

/** What stands in brackets; of "none of these" a few that are not in it. */
function members(cursor: Cursor): string {
  const isNegated = cursor.text[cursor.at] === "^";
  if (isNegated) cursor.at += 1;
  let set = "";
  while (cursor.text[cursor.at] !== "]" || set === "") {
    if (cursor.at >= cursor.text.length) throw new Error("no end");
    set += member(cursor);
  }
  cursor.at += 1;
  return isNegated
    ? [..."abcdefgh12345678-_. "].filter((each) => !set.includes(each)).join("")
    : set;
}

function member(cursor: Cursor): string {
  const word = Object.keys(named).find((each) => cursor.text.startsWith(each, cursor.at));
  if (word !== undefined) {
    cursor.at += word.length;
    return named[word] ?? "";
  }
  const first = cursor.text[cursor.at] ?? "";
  cursor.at += 1;
  if (first === "\\") return escaped(cursor);
  const last = cursor.text[cursor.at + 1];
  if (cursor.text[cursor.at] !== "-" || last === undefined || last === "]") return first;
  cursor.at += 2;
  const from = first.charCodeAt(0);
  return String.fromCharCode(
    ...Array.from({ length: Math.min(last.charCodeAt(0) - from + 1, 128) }, (_, n) => from + n),
  );
}

function quantity(cursor: Cursor): [least: number, most: number] {
  const rest = cursor.text.slice(cursor.at);
  const [found, least, comma, most] = /^\{(\d+)(,?)(\d*)\}\??/.exec(rest) ?? [];
  if (found !== undefined) {
    cursor.at += found.length;
    return [Number(least), comma === "" ? Number(least) : most === "" ? 64 : Number(most)];
  }
  const [sign] = /^[*+?]\??/.exec(rest) ?? [];
  if (sign === undefined) return [1, 1];
  cursor.at += sign.length;
  // Several where it may be, so that rows differ.
  return sign[0] === "?" ? [0, 1] : [4, 4];
}
