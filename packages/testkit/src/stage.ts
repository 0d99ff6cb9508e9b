// Where an attack is played: two tenants of one isolation model with rows in every table, and the ways that an attacker
// has. Invariant: whatever an attack does is rolled back, so that the next one finds everything as it was.

import pg from "pg";
import type { Catalogue } from "./catalogue.ts";
import type { Filled, FilledTable } from "./fill.ts";
import type { Side } from "./scratch.ts";

/** Through the library, as an application; or raw, with the same login, past the rule on first tokens. */
export type Way = "library" | "raw";

/** What came of a statement. */
export type Outcome = {
  readonly rows: readonly Record<string, unknown>[];
  readonly rowCount: number;
  readonly error?: string;
  readonly message?: string;
};

/** A tenant with its rows. */
export type Member = Side & { readonly filled: Filled };

/** What a stage is made of. */
export type StageOptions = {
  readonly attacker: Member;
  readonly victim: Member;
  readonly catalogue: Catalogue;
  /** The administrator in the attacker's database. */
  readonly admin: pg.Client;
  /** A connection of the attacker's login. */
  readonly client: pg.Client;
  readonly rolePrefix: string;
};

const undone = Symbol("rolled back");

/** See the file's head. */
export class Stage {
  readonly attacker: Member;
  readonly victim: Member;
  readonly catalogue: Catalogue;
  readonly admin: pg.Client;
  readonly client: pg.Client;
  readonly rolePrefix: string;

  constructor(options: StageOptions) {
    this.attacker = options.attacker;
    this.victim = options.victim;
    this.catalogue = options.catalogue;
    this.admin = options.admin;
    this.client = options.client;
    this.rolePrefix = options.rolePrefix;
  }

  /** A statement of the attacker. */
  attack(way: Way, text: string): Promise<Outcome> {
    return way === "library" ? asTenant(this.attacker, text) : this.raw(this.attacker, text);
  }

  /** A statement of the victim, on the connection that the attacker had. */
  suffer(way: Way, text: string): Promise<Outcome> {
    return way === "library" ? asTenant(this.victim, text) : this.raw(this.victim, text);
  }

  /** Statements with the login alone, or in a member's scope; several may stand in one text. */
  async raw(member: Pick<Side, "key"> | undefined, text: string): Promise<Outcome> {
    const enter = member ? `select hestia.enter(${pg.escapeLiteral(member.key)});` : "";
    const before = member ? 2 : 1;
    return sendRaw(this.client, `begin; ${enter} ${text}; rollback`, before);
  }

  /** With the owner's rights, as a definer's function or a trigger has them, in the attacker's scope. */
  async asOwner(text: string): Promise<Outcome> {
    const owner = pg.escapeIdentifier(`${this.rolePrefix}_owner`);
    const key = pg.escapeLiteral(this.attacker.key);
    return sendRaw(
      this.admin,
      `begin; select hestia.enter(${key}); set local role ${owner}; ${text}; rollback`,
      3,
    );
  }

  /** The rows of one tenant and of the other. */
  rowsOf(table: string): { attacker: FilledTable; victim: FilledTable } | undefined {
    const find = ({ filled }: Member) => filled.tables.find((each) => each.table.name === table);
    const [attacker, victim] = [find(this.attacker), find(this.victim)];
    return attacker && victim ? { attacker, victim } : undefined;
  }
}

async function asTenant({ tenant }: Side, text: string): Promise<Outcome> {
  let outcome: Outcome | undefined;
  try {
    await tenant.transaction(async (tx) => {
      outcome = outcomeOf(await tx.query(text));
      throw undone;
    });
  } catch (error) {
    if (error !== undone) return failed(error);
  }
  return outcome ?? { rows: [], rowCount: 0 };
}

/** Sends a text as one message; of its results, those that the text itself gave count. */
async function sendRaw(client: pg.Client, text: string, before: number): Promise<Outcome> {
  try {
    const answer = (await client.query(text)) as unknown as pg.QueryResult | pg.QueryResult[];
    const results = [answer].flat().slice(before, -1);
    const telling = results.findLast(({ rowCount }) => (rowCount ?? 0) > 0) ?? results.at(-1);
    return telling ? outcomeOf(telling) : { rows: [], rowCount: 0 };
  } catch (error) {
    await client.query("rollback").catch(() => {});
    return failed(error);
  }
}

const outcomeOf = ({ rows, rowCount }: pg.QueryResult): Outcome => ({
  rows: rows as Outcome["rows"],
  rowCount: rowCount ?? 0,
});

function failed(error: unknown): Outcome {
  const { code, message } = error as { code?: string; message: string };
  return { rows: [], rowCount: 0, error: code ?? "unknown", message };
}
