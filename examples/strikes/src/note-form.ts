// What a person sends to add a note. Invariant: what is kept is what was typed, in one form of line ends, or nothing.

/** The longest that each field may be, in characters. */
export const noteLimits = { author: 80, body: 2_000 } as const;

/** The fields as they were typed, and what is wrong with each. */
export type NoteForm = {
  readonly author: string;
  readonly body: string;
  readonly errors: { readonly author?: string; readonly body?: string };
};

/** The form as it is before anyone typed. */
export const emptyNote: NoteForm = { author: "", body: "", errors: {} };

// Controls but for line ends and tabs, and marks that turn the direction of writing.
const hidden = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u;

/** Reads the form; it can be stored when it has no errors. */
export function parseNote(fields: unknown): NoteForm {
  const { author, body } = (typeof fields === "object" && fields ? fields : {}) as {
    author?: unknown;
    body?: unknown;
  };
  const typed = { author: textOf(author).replaceAll("\n", " "), body: textOf(body) };
  const authorFault = faultOf(typed.author, noteLimits.author, "Say who you are.");
  const bodyFault = faultOf(typed.body, noteLimits.body, "Write something first.");
  return {
    ...typed,
    errors: {
      ...(authorFault === undefined ? {} : { author: authorFault }),
      ...(bodyFault === undefined ? {} : { body: bodyFault }),
    },
  };
}

/** True when there is nothing wrong with it. */
export function isSound({ errors }: NoteForm): boolean {
  return errors.author === undefined && errors.body === undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.replaceAll("\r\n", "\n").normalize("NFC").trim() : "";
}

function faultOf(text: string, charsMax: number, ifEmpty: string): string | undefined {
  if (text === "") return ifEmpty;
  const { length } = [...text];
  if (length > charsMax) return `Use at most ${charsMax} characters; these are ${length}.`;
  if (hidden.test(text)) return "Leave out control characters.";
  return undefined;
}
