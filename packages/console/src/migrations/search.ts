// Where in the migrations one is, as it stands in the address: a run, a roll-out being prepared with its options, a drift
// check. Nothing of it is lost on reload.

/** The room's part of the address. */
export type MigrationSearch = {
  /** What is shown in place of the overview; a run is shown by `run`. */
  readonly view?: "roll-out" | "drift";
  readonly run?: string;
  /** The dry run that was made with the options. */
  readonly trial?: string;
  readonly drift?: string;
  readonly dialog?: "stop";
  readonly tenants?: readonly string[];
  readonly full?: true;
} & RollOutOptions;

/** The options of a roll-out that differ from the defaults. */
export type RollOutOptions = {
  readonly canary?: readonly string[];
  /** As it is written: it may still be wrong. */
  readonly waves?: string;
  readonly pause?: number;
  readonly hold?: true;
  readonly stopOnError?: true;
  /** In per cent. */
  readonly errorRate?: number;
};

/** Reads it; what is not understood is left out. */
export function parseMigrationSearch(search: Record<string, unknown>): MigrationSearch {
  const { view, dialog, hold, stopOnError, full } = search;
  return {
    ...(view === "roll-out" || view === "drift" ? { view } : {}),
    ...(dialog === "stop" ? { dialog } : {}),
    ...pick("run", id(search.run)),
    ...pick("trial", id(search.trial)),
    ...pick("drift", id(search.drift)),
    ...pick("tenants", names(search.tenants)),
    ...pick("canary", names(search.canary)),
    ...pick("waves", text(search.waves)),
    ...pick("pause", numberWithin(search.pause, 86_400)),
    ...pick("errorRate", numberWithin(search.errorRate, 100)),
    ...(hold === true ? { hold } : {}),
    ...(stopOnError === true ? { stopOnError } : {}),
    ...(full === true ? { full } : {}),
  };
}

function pick<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return value === undefined ? {} : ({ [name]: value } as { [Key in Name]?: Value });
}

const id = (given: unknown) =>
  typeof given === "string" && /^[0-9a-f-]{36}$/.test(given) ? given : undefined;

const text = (given: unknown) =>
  typeof given === "string" || typeof given === "number" ? String(given) : undefined;

function names(given: unknown): string[] | undefined {
  const all = [given].flat().filter((each) => typeof each === "string" && each !== "") as string[];
  return all.length === 0 ? undefined : [...new Set(all)];
}

const numberWithin = (given: unknown, most: number) =>
  typeof given === "number" && given >= 0 && given <= most ? given : undefined;
