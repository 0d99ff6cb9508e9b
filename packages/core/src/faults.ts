// Faults of an input, each with a JSON pointer to where it is. Inputs are read to their end, so that
// one answer lists every fault.
import { HestiaError } from "./errors.ts";
import { limits } from "./limits.ts";

/** One thing wrong with an input. */
export type Fault = {
  /** A JSON pointer (RFC 6901) into the input; empty for the whole of it. */
  readonly pointer: string;
  /** A stable word for the kind of fault, such as `required` or `too_long`. */
  readonly code: string;
  /** One sentence that says what to do. */
  readonly message: string;
};

/** What came of reading an untrusted value: a trusted one, or every fault found. */
export type Parsed<Value> =
  | { readonly value: Value; readonly faults?: never }
  | { readonly faults: readonly [Fault, ...Fault[]]; readonly value?: never };

/** Gathers faults while an input is read. */
export type FaultCollector = {
  /** The faults so far. */
  readonly faults: readonly Fault[];
  /** Notes one fault. */
  add(pointer: string, code: string, message: string): void;
  /** Returns the value, or notes its faults below the pointer and returns undefined. */
  take<Value>(pointer: string, parsed: Parsed<Value>): Value | undefined;
  /** Throws `invalid_input` with everything noted, if there is anything. */
  throwIfAny(): void;
};

/** Makes an empty collector. */
export function collectFaults(): FaultCollector {
  const faults: Fault[] = [];
  return {
    faults,
    add: (pointer, code, message) => void faults.push({ pointer, code, message }),
    take: (pointer, parsed) => {
      if (parsed.faults === undefined) return parsed.value;
      faults.push(...faultsBelow(pointer, parsed.faults));
      return undefined;
    },
    throwIfAny: () => {
      if (faults.length > 0) throw invalidInput(faults);
    },
  };
}

/** Returns the faults with their pointers moved below the given one. */
export function faultsBelow(pointer: string, faults: readonly Fault[]): Fault[] {
  return faults.map((fault) => ({ ...fault, pointer: pointer + fault.pointer }));
}

/** Returns the value when there are no faults, or else the faults. */
export function parsedOr<Value>(faults: readonly Fault[], value: () => Value): Parsed<Value> {
  const [first, ...rest] = faults;
  return first === undefined ? { value: value() } : { faults: [first, ...rest] };
}

/** Makes the error that lists the faults of an input, the first of them where there are too many. */
export function invalidInput(faults: readonly Fault[]): HestiaError<"invalid_input"> {
  const shown = faults.slice(0, limits.faultsMax);
  return new HestiaError("invalid_input", { count: faults.length }, { faults: shown });
}

/** Builds a JSON pointer from the names on the way to a member. */
export function jsonPointer(...names: readonly (string | number)[]): string {
  return names
    .map((name) => `/${String(name).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
