// Strikes name airports in words ("DALLAS/FORT WORTH INTL ARPT"), the reference table in others ("Dallas-Fort Worth
// International"). Two names are the same airport when their words are, within a state. Invariant: no match where two
// airports would do.

/** An airport of the reference table, as far as names go. */
export type NamedAirport = {
  readonly code: string;
  readonly name: string;
  readonly city: string;
  /** Two letters. */
  readonly state: string;
};

/** Words that airports are called with and without. */
const generic = new Set(["airport", "arpt", "intl", "international", "regional", "the", "greater"]);

const spelledOut: Record<string, string> = {
  ft: "fort",
  metropolitan: "metro",
  natl: "national",
  st: "saint",
  wash: "washington",
};

/** The capital's airports stand in the states around it. */
const aroundTheCapital = ["VA", "MD"];

/** Makes the finder of an airport's code by the name and the state that a strike gives. */
export function airportFinder(
  airports: readonly NamedAirport[],
): (name: string, state: string) => string | undefined {
  const byState = Map.groupBy(airports.map(withWords), ({ state }) => state);
  const found = new Map<string, string | undefined>();
  return (name, state) => {
    const key = `${name}|${state}`;
    if (!found.has(key)) {
      const near = statesOf(state).flatMap((letters) => byState.get(letters) ?? []);
      found.set(key, match(wordsOf(name), near));
    }
    return found.get(key);
  };
}

type Candidate = { readonly code: string; readonly name: Words; readonly place: Words };
type Words = ReadonlySet<string>;

function withWords({ code, name, city, state }: NamedAirport): Candidate & { state: string } {
  const own = wordsOf(name);
  return { code, state, name: own, place: own.union(wordsOf(city)) };
}

/** The same words; else words that say more or less; else words that need the city's name. */
function match(words: Words, airports: readonly Candidate[]): string | undefined {
  if (words.size === 0) return undefined;
  const rules: ((airport: Candidate) => boolean)[] = [
    ({ name }) => words.size === name.size && words.isSubsetOf(name),
    ({ name }) => name.size > 0 && (words.isSubsetOf(name) || name.isSubsetOf(words)),
    ({ place }) => words.isSubsetOf(place),
  ];
  for (const rule of rules) {
    const [first, ...others] = airports.filter(rule);
    if (first !== undefined) return others.length === 0 ? first.code : undefined;
  }
  return undefined;
}

function wordsOf(name: string): Words {
  const words = name
    .toLowerCase()
    .replace(/\(.*?\)/g, " ")
    .replace(/['’.]/g, "")
    .split(/[^a-z0-9]+/)
    .map((word) => spelledOut[word] ?? word)
    .filter((word) => word.length > 1 && !generic.has(word));
  return new Set(words);
}

function statesOf(state: string): readonly string[] {
  return state === "DC" ? aroundTheCapital : [stateLetters[state] ?? state];
}

const stateLetters: Record<string, string> = {
  Arizona: "AZ",
  California: "CA",
  Colorado: "CO",
  Florida: "FL",
  Georgia: "GA",
  Hawaii: "HI",
  Illinois: "IL",
  Indiana: "IN",
  Kentucky: "KY",
  Louisiana: "LA",
  Maryland: "MD",
  Massachusetts: "MA",
  Michigan: "MI",
  Minnesota: "MN",
  Missouri: "MO",
  Nebraska: "NE",
  "New Jersey": "NJ",
  "New York": "NY",
  "North Carolina": "NC",
  Ohio: "OH",
  Oklahoma: "OK",
  Oregon: "OR",
  Pennsylvania: "PA",
  "South Carolina": "SC",
  Tennessee: "TN",
  Texas: "TX",
  Utah: "UT",
  Washington: "WA",
};
