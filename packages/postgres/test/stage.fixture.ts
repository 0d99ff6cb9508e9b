// Where an attack is played: the same steps past the library's rule or through the library, with guards taken away or not.

import type pg from "pg";
import { fillRoles, rolesOf } from "../src/cluster/identifiers.ts";
import { type Member, type Outcome, sendRaw, type World } from "./world.fixture.ts";

/** Something that stands in an attack's way, and how a superuser takes it away and puts it back. */
export type Guard = {
  readonly name: string;
  readonly off: readonly Change[];
  readonly on: readonly Change[];
};

/** SQL of the superuser, or work with its client. */
type Change = string | ((world: World) => Promise<void>);

/** One attack; `run` tells whether it succeeded. */
export type Attack = {
  readonly name: string;
  readonly models: readonly ("shared" | "schema" | "database")[];
  readonly guards: readonly Guard[];
  /** True when the rule on first tokens is one of the guards. */
  readonly ruled: boolean;
  run(stage: Stage): Promise<boolean>;
};

/** What an attacker has: statements as itself, and what the victim does meanwhile. */
export class Stage {
  readonly world: World;
  readonly attacker: Member;
  readonly victim: Member;
  readonly #client: pg.Client | undefined;
  readonly #isAmong: boolean;

  private constructor(world: World, client: pg.Client | undefined, isAmong = false) {
    this.#isAmong = isAmong;
    this.world = world;
    this.attacker = world.attacker;
    this.victim = world.victim;
    this.#client = client;
  }

  /** Past the rule: one connection that attacker and victim take turns on, as in a pool. */
  static async raw(world: World): Promise<Stage> {
    return new Stage(world, await world.rawClient(world.attacker));
  }

  /** Through the library, whose pool has one connection. */
  static library(world: World): Stage {
    return new Stage(world, undefined);
  }

  /** The same while statements of the victim are in flight before and behind each one on that connection. */
  static among(world: World): Stage {
    return new Stage(world, undefined, true);
  }

  /** A statement of the attacker. */
  attack(text: string): Promise<Outcome> {
    return this.#as(this.attacker, this.fill(text));
  }

  /** A statement of the victim, on the connection that the attacker had. */
  suffer(text: string): Promise<Outcome> {
    return this.#as(this.victim, this.fill(text));
  }

  /** A statement without a scope, where a connection can be had for it. */
  async unscoped(text: string): Promise<Outcome> {
    if (!this.#client) return { rows: [], rowCount: 0, error: "no way" };
    return sendRaw(this.#client, this.attacker, this.fill(text), { key: undefined } as never);
  }

  /** Another connection of the victim's. */
  victimClient(): Promise<pg.Client> {
    return this.world.rawClient(this.victim);
  }

  /** Fills «attacker», «victim» and their places and keys into a text. */
  fill(text: string): string {
    return fillNames(this.world, text);
  }

  /** What the victim reads is its own, or its connection is lost. */
  async #read(): Promise<void> {
    const { id, tenant } = this.victim;
    const { rows } = await tenant
      .query("select hestia.tenant_id() as id union all select distinct tenant_id from orders")
      .catch((error: { code?: string }) => {
        if (error.code !== "database_unavailable") throw error;
        return { rows: [] };
      });
    if (rows.some((row) => row.id !== id)) throw new Error("the victim read another's rows");
  }

  async #as(member: Member, text: string): Promise<Outcome> {
    if (this.#client) return sendRaw(this.#client, member, text);
    const before = this.#isAmong && this.#read();
    const asked = member.tenant.query(text);
    const behind = this.#isAmong && this.#read();
    try {
      await Promise.all([before, behind, asked.catch(() => {})]);
      const { rows, rowCount } = await asked;
      return { rows: rows as Outcome["rows"], rowCount: rowCount ?? 0 };
    } catch (error) {
      return {
        rows: [],
        rowCount: 0,
        error: (error as { code: string }).code,
        message: (error as Error).message,
      };
    }
  }
}

function fillNames(world: World, text: string): string {
  const names: Record<string, string> = {
    "«attacker»": world.attacker.id,
    "«attacker.place»": world.attacker.place,
    "«attacker.database»": world.attacker.database,
    "«victim»": world.victim.id,
    "«victim.place»": world.victim.place,
    "«victim.database»": world.victim.database,
  };
  const named = text.replace(/«[a-z.]+»/g, (name) => names[name] ?? name);
  return fillRoles(named, rolesOf(world.rolePrefix));
}

/** Applies a guard's changes as the superuser. */
export async function change(world: World, changes: readonly Change[]): Promise<void> {
  for (const each of changes) {
    if (typeof each === "string") await world.superuser.query(fillNames(world, each));
    else await each(world);
  }
}

/** The right to call a function, which hardening takes from everyone. */
export function revoked(signature: string): Guard {
  return {
    name: `${signature} is revoked`,
    off: [`grant execute on function pg_catalog.${signature} to public`],
    on: [`revoke execute on function pg_catalog.${signature} from public`],
  };
}

/** The right to read a catalogue, which hardening takes from everyone. */
export function unreadable(catalogue: string): Guard {
  return {
    name: `${catalogue} is unreadable`,
    off: [`grant select on pg_catalog.${catalogue} to public`],
    on: [`revoke select on pg_catalog.${catalogue} from public`],
  };
}

/** A function of Hestia's, replaced for the while by one in which a check is missing. */
export function replaced(name: string, signature: string, from: string, to: string): Guard {
  let original = "";
  return {
    name,
    off: [
      async ({ superuser }) => {
        const { rows } = await superuser.query<{ text: string }>(
          "select pg_get_functiondef($1::regprocedure) as text",
          [signature],
        );
        original = rows[0]?.text ?? "";
        if (!original.includes(from)) throw new Error(`${signature} does not contain ${from}`);
        await superuser.query(original.replace(from, to));
      },
    ],
    on: [async ({ superuser }) => void (await superuser.query(original))],
  };
}

/** The language in which DO blocks run. */
export const noProcedures: Guard = {
  name: "plpgsql is not for everyone",
  off: ["grant usage on language plpgsql to public"],
  on: ["revoke usage on language plpgsql from public"],
};

/** That the policies ask for the key, not for the id. */
export const sealed: Guard = replaced(
  "the scope is sealed",
  "hestia.scope(text)",
  "  if not found and",
  "  tenant := nullif(pg_catalog.current_setting('hestia.tenant', true), '')::pg_catalog.uuid; if tenant is null and",
);

/** Row security on a table of the victim's place. */
export function rowSecurity(table: string): Guard {
  return {
    name: `row security on ${table}`,
    off: [`alter table «victim.place».${table} disable row level security`],
    on: [`alter table «victim.place».${table} enable row level security`],
  };
}
