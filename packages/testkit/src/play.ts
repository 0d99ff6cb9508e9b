// Plays probes and mutations on a stage and keeps the score. Invariant: a mutation counts as caught only where a probe
// failed that had held before, and when all mutations are done the copy is as it was before them.

import type { IsolationModel } from "@hestia/core";
import { type Catalogue, readCatalogue } from "./catalogue.ts";
import { findInterference } from "./interference.ts";
import { differences, readTraits } from "./likeness.ts";
import type { Mutation } from "./mutation.ts";
import { mutationsFor } from "./mutations.ts";
import { probesFor } from "./probes/all.ts";
import { type Probe, Unplayed } from "./probes/probe.ts";
import type { Finding, MutationResult, ReportGroup } from "./report.ts";
import { Stage, type StageOptions, type Way } from "./stage.ts";

/** What is told while it goes on, and what ends it early. */
export type Playing = {
  readonly full: boolean;
  readonly mutate: boolean;
  readonly onProgress: (text: string, done: number, total: number) => void;
  /** Throws when the check was ended. */
  readonly checkEnded: () => void;
};

/** The score of one model. */
export type Score = {
  readonly probes: number;
  readonly failed: number;
  readonly groups: readonly ReportGroup[];
  readonly mutations: readonly MutationResult[];
  readonly findings: readonly Finding[];
};

type Verdict = { readonly probe: Probe; readonly way: Way; readonly finding?: Finding };

/** Plays everything on one stage. */
export async function playStage(options: StageOptions, playing: Playing): Promise<Score> {
  const stage = new Stage(options);
  const model = stage.attacker.isolation;
  const verdicts = await playAll(stage, playing);
  const interference = await findInterference(stage);
  const findings = [
    ...verdicts.flatMap(({ finding }) => finding ?? []),
    ...interference.found.map(
      ({ object, detail }): Finding => ({
        ...{ kind: "leak", name: "see more when another tenant has more", model },
        ...{ object, way: "raw", detail },
      }),
    ),
    ...unfilled(stage),
  ];
  // Where something leaks already, a protection that is weakened on top of it tells nothing.
  const mutations =
    playing.mutate && findings.length === 0 ? await playMutations(stage, playing) : [];
  return {
    probes: verdicts.length + interference.asked,
    failed: findings.length,
    groups: groupsOf(model, verdicts, interference),
    mutations: mutations.map(({ name, caught }) => ({ name, caught })),
    findings: [...findings, ...mutations.flatMap(({ finding }) => finding ?? [])],
  };
}

async function playAll(stage: Stage, playing: Playing): Promise<Verdict[]> {
  const probes = probesFor(stage);
  const verdicts: Verdict[] = [];
  for (const [at, probe] of probes.entries()) {
    playing.checkEnded();
    playing.onProgress(`${stage.attacker.isolation}: ${probe.name}`, at, probes.length);
    for (const way of probe.ways) verdicts.push(await playOne(stage, probe, way));
  }
  return verdicts;
}

async function playOne(stage: Stage, probe: Probe, way: Way): Promise<Verdict> {
  const { name, object } = probe;
  const found = (kind: Finding["kind"], detail: string): Verdict => ({
    ...{ probe, way },
    finding: { kind, name, model: stage.attacker.isolation, object, way, detail },
  });
  try {
    const evidence = await probe.run(stage, way);
    return evidence === undefined ? { probe, way } : found("leak", evidence);
  } catch (error) {
    if (error instanceof Unplayed) return found("unproven", error.message);
    throw error;
  }
}

/** Tables about which nothing was proven, because they have no row of both tenants. */
function unfilled({ attacker, victim }: Stage): Finding[] {
  const empty = new Map(
    [...attacker.filled.empty, ...victim.filled.empty].map(({ table, reason }) => [table, reason]),
  );
  return [...empty].map(([object, detail]) => ({
    ...{ kind: "unproven", name: "put rows into the table", model: attacker.isolation },
    ...{ object, detail },
  }));
}

function groupsOf(
  model: IsolationModel,
  verdicts: readonly Verdict[],
  interference: { asked: number; found: readonly unknown[] },
): ReportGroup[] {
  const groups = [...Map.groupBy(verdicts, ({ probe }) => probe.group)].map(([group, own]) => ({
    ...{ model, group, probes: own.length },
    failed: own.filter(({ finding }) => finding !== undefined).length,
  }));
  const { asked, found } = interference;
  return [...groups, { model, group: "interference", probes: asked, failed: found.length }];
}

type Weakened = MutationResult & { readonly finding?: Finding };

async function playMutations(stage: Stage, playing: Playing): Promise<Weakened[]> {
  const mutations = mutationsFor(stage, playing.full);
  const traits = () =>
    readTraits(stage.admin, { ...stage, place: stage.victim.place, tenantIds: [] });
  const before = await traits();
  const failing = new Set<string>();
  const results: Weakened[] = [];
  for (const [at, mutation] of mutations.entries()) {
    playing.checkEnded();
    playing.onProgress(`${stage.attacker.isolation}: ${mutation.name}`, at, mutations.length);
    results.push(await playMutation(stage, mutation, failing));
  }
  const [left] = differences(await traits(), before);
  if (left) throw new Error(`a mutation was not taken back: ${left.object}: ${left.detail}`);
  return results;
}

const nameOf = ({ probe, way }: Pick<Verdict, "probe" | "way">) =>
  `${probe.group} ${probe.name} ${probe.object} ${way}`;

async function playMutation(
  stage: Stage,
  mutation: Mutation,
  failing: ReadonlySet<string>,
): Promise<Weakened> {
  const { admin } = stage;
  const model = stage.attacker.isolation;
  const { object } = mutation;
  const name = `${mutation.name}${object === "" ? "" : `: ${object}`} (${model})`;
  try {
    for (const text of mutation.lift ?? []) await admin.query(text);
    const known = mutation.lift ? await failingOf(stage) : failing;
    for (const text of mutation.harm) await admin.query(text);
    if (await isCaught(stage, object, known)) return { name, caught: true };
  } finally {
    for (const text of mutation.heal) await admin.query(text);
  }
  const detail = "The protection was weakened, and no probe saw it.";
  return { name, caught: false, finding: { kind: "survivor", name, model, object, detail } };
}

/** The stage with what the catalogue holds now. */
async function current(stage: Stage): Promise<Stage> {
  const schemas = [...new Set([stage.attacker.place, stage.victim.place, "shared"])];
  const catalogue: Catalogue = await readCatalogue(stage.admin, schemas);
  return new Stage({ ...stage, catalogue });
}

async function failingOf(stage: Stage): Promise<Set<string>> {
  const names = new Set<string>();
  const now = await current(stage);
  for (const probe of probesFor(now))
    for (const way of probe.ways)
      if ((await playOne(now, probe, way)).finding) names.add(nameOf({ probe, way }));
  return names;
}

/** Whether a probe fails that did not; those of the weakened object are played first. */
async function isCaught(
  stage: Stage,
  object: string,
  known: ReadonlySet<string>,
): Promise<boolean> {
  const now = await current(stage);
  const probes = probesFor(now).toSorted(
    (one, other) => Number(other.object === object) - Number(one.object === object),
  );
  for (const probe of probes)
    for (const way of probe.ways) {
      if (known.has(nameOf({ probe, way }))) continue;
      const { finding } = await playOne(now, probe, way);
      // A probe that was not understood has caught nothing.
      if (finding?.kind === "leak") return true;
    }
  return false;
}
