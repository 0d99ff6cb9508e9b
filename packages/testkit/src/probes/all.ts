// Every probe that a stage allows, in the order in which they are played.

import type { Stage } from "../stage.ts";
import {
  definerProbe,
  partitionProbe,
  routineProbes,
  sequenceProbes,
  viewProbes,
} from "./objects.ts";
import type { Probe } from "./probe.ts";
import { readingProbes } from "./reading.ts";
import { sessionProbes } from "./session.ts";
import { sharedProbes, writingProbes } from "./writing.ts";

/** The probes for what the catalogue holds now. */
export function probesFor(stage: Stage): Probe[] {
  const { tables, views, routines, sequences } = stage.catalogue;
  const reached = tables.filter(({ schema }) => schema === stage.victim.place);
  const whole = reached.filter(({ isPartition }) => !isPartition);
  return [
    ...whole.flatMap((table) => [...readingProbes(stage, table), ...writingProbes(stage, table)]),
    ...reached
      .filter(({ isPartition }) => isPartition)
      .map(({ schema, name }) => partitionProbe(schema, name)),
    ...tables.filter(({ schema }) => schema === "shared").flatMap(sharedProbes),
    ...views.flatMap((view) => viewProbes(stage, view)),
    ...routines.flatMap((routine) => routineProbes(stage, routine)),
    definerProbe(),
    ...sequences.flatMap(sequenceProbes),
    ...sessionProbes(stage),
  ];
}
