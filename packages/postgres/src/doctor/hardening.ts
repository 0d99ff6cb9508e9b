// The hardening recipe, item by item: whether each thing that it takes away is still out of strangers' reach. Upgrades
// and extensions bring new functions, and a dump restored elsewhere forgets all of it.

import { quoted } from "../cluster/identifiers.ts";
import { type Catalogue, heldBy } from "./catalogue.ts";
import type { Check } from "./check.ts";
import type { Fault } from "./findings.ts";
import { readRecipe } from "./recipe.ts";

/** The roles that keep what PUBLIC loses. */
const keepers = ({ installation: { roles } }: Catalogue) =>
  `${quoted(roles.owner)}, ${quoted(roles.system)}, pg_monitor`;

async function findFunctions(catalogue: Catalogue): Promise<Fault[]> {
  const { functions } = await readRecipe();
  const found = await catalogue.query<{ name: string; holders: string }>(
    `select p.oid::regprocedure::text as name, held.holders
     from pg_proc p ${heldBy("coalesce(p.proacl, acldefault('f', p.proowner))")}
     where p.pronamespace = 'pg_catalog'::regnamespace and (${functions}) and held.holders is not null
     order by 1`,
    [catalogue.strangers],
  );
  return found.map(({ name, holders }) => ({
    object: `function ${name}`,
    why: "A tenant's statement can call it: it acts, signals or tells beyond the tenant's scope.",
    cure: `revoke execute on function pg_catalog.${name} from ${holders};\ngrant execute on function pg_catalog.${name} to ${keepers(catalogue)};`,
  }));
}

async function findCatalogues(catalogue: Catalogue): Promise<Fault[]> {
  const { catalogues } = await readRecipe();
  const found = await catalogue.query<{ name: string; holders: string }>(
    `select format('pg_catalog.%I', c.relname) as name, held.holders
     from pg_class c ${heldBy("c.relacl")}
     where c.relnamespace = 'pg_catalog'::regnamespace and c.relname = any ($2) and held.holders is not null
     order by 1`,
    [catalogue.strangers, catalogues],
  );
  return found.map(({ name, holders }) => ({
    object: `catalogue ${name}`,
    why: "A tenant's statement can read in it the names of other tenants' schemas, databases or roles, or count their rows.",
    cure: `revoke all on table ${name} from ${holders};\ngrant select on table ${name} to ${keepers(catalogue)};`,
  }));
}

async function findLanguages(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ name: string; holders: string }>(
    `select quote_ident(l.lanname) as name, held.holders
     from pg_language l ${heldBy("coalesce(l.lanacl, acldefault('l', l.lanowner))")}
     where l.laninline <> 0 and l.lanpltrusted and held.holders is not null
     order by 1`,
    [catalogue.strangers],
  );
  return found.map(({ name, holders }) => ({
    object: `language ${name}`,
    why: "A DO block in it could prepare the library's own statements anew and catch the next tenant's scope key.",
    cure: `revoke usage on language ${name} from ${holders};\ngrant usage on language ${name} to ${quoted(catalogue.installation.roles.owner)};`,
  }));
}

async function findSchemas(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{
    name: string;
    known: boolean;
    holders: string;
    rights: string;
  }>(
    `select quote_ident(n.nspname) as name, held.holders, held.rights,
       n.nspname ~ '^(pg_catalog|hestia|app|shared|extensions|t_[0-9a-f]{32})$' as known
     from pg_namespace n ${heldBy("n.nspacl")}
     where held.holders is not null and n.nspname !~ '^(pg_toast|pg_temp|information_schema$)'
     order by 1`,
    [catalogue.strangers],
  );
  return found
    .filter(({ known, rights }) => !known || rights.includes("create"))
    .map(({ name, known, holders, rights }) => ({
      object: `schema ${name}`,
      why: `Tenants' statements have ${rights} in it: what they name or make there is outside every scope.`,
      cure: `revoke ${known ? "create" : "all"} on schema ${name} from ${holders};`,
    }));
}

async function findInformationSchema(catalogue: Catalogue): Promise<Fault[]> {
  const found = await catalogue.query<{ holders: string }>(
    `select held.holders from pg_namespace n ${heldBy("n.nspacl")}
     where n.nspname = 'information_schema' and held.holders is not null`,
    [catalogue.strangers],
  );
  return found.map(({ holders }) => ({
    object: "schema information_schema",
    why: "A tenant's statement can list in it the schemas and tables of other tenants.",
    cure: `revoke all on schema information_schema from ${holders};\ngrant usage on schema information_schema to ${keepers(catalogue)};`,
  }));
}

/** Only a superuser can put these right, and Hestia does at install where there is one. */
export const hardeningChecks: readonly Check[] = [
  {
    name: "hardened-functions",
    on: ["data", "template", "tenant"],
    severity: "error",
    needsSuperuser: true,
    find: findFunctions,
  },
  {
    name: "hardened-catalogues",
    on: ["data", "template", "tenant"],
    severity: "error",
    needsSuperuser: true,
    find: findCatalogues,
  },
  {
    name: "hardened-languages",
    on: ["data", "template", "tenant"],
    severity: "error",
    needsSuperuser: true,
    find: findLanguages,
  },
  {
    name: "hardened-schemas",
    on: ["data", "template", "tenant"],
    severity: "error",
    needsSuperuser: true,
    find: findInformationSchema,
  },
  {
    name: "schema-rights",
    on: ["data", "template", "tenant"],
    severity: "error",
    find: findSchemas,
  },
];
