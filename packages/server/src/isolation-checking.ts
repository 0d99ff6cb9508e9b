// The isolation check as an operation: tenants of a scratch copy attack each other, and the doctor looks at what runs. The
// rows of real tenants are not read. It works in this process, on a handful of connections, one statement after the other;
// who takes it over after a death begins it anew, and the copy that was left is removed then.
import type { IsolationFindingView, IsolationReportView } from "@hestia/api";
import {
  type IsolationCheckCounts,
  type IsolationCheckStatus,
  type IsolationModel,
  isolationModels,
  type JsonObject,
} from "@hestia/core";
import { examine, type Report } from "@hestia/postgres/doctor";
import {
  finishIsolationCheck,
  type PlatformTx,
  restartIsolationCheck,
} from "@hestia/postgres/platform";
import { checkIsolation, type Finding, type IsolationReport } from "@hestia/testkit";
import { recordEvent } from "./audit.ts";
import { type Job, LetGo, NoLongerWanted, type OperationDefinition, step } from "./engine/kinds.ts";
import { isCancelled } from "./fleet/outcomes.ts";

/** What a check is asked for. */
export type CheckInput = {
  readonly isolationCheckId: string;
  readonly models?: readonly IsolationModel[];
  readonly full: boolean;
};

type Found = {
  readonly isolationCheckId: string;
  readonly attacks: IsolationReport;
  readonly doctor: Report;
};

const attack = step<Found>({
  name: "attack",
  run: (job) => check(job, job.origin.input as unknown as CheckInput),
  commit: async (tx, job, found) => {
    const counts = countsOf(found);
    const status = counts.findings === 0 ? "proven" : "findings";
    const report = reportOf(found) as unknown as JsonObject;
    await finish(tx, job, { status, counts, report });
    const { probes, caught, mutations, findings } = counts;
    return `${findings} findings; ${probes} probes, ${caught} of ${mutations} mutations caught`;
  },
  result: ({ isolationCheckId }) => ({ isolationCheckId }),
});

type Ended = {
  readonly status: IsolationCheckStatus;
  readonly counts?: IsolationCheckCounts;
  readonly report?: JsonObject;
  readonly problem?: string;
};

/** The attacking of a copy. A deadline is for a check that hangs; the largest applications take minutes. */
export const checkingIsolation: OperationDefinition = {
  kind: "isolation.check",
  steps: [attack],
  deadlineMs: 2 * 3_600_000,
  onFailed: (tx, job, { message }) => finish(tx, job, { status: "failed", problem: message }),
  onCancelled: (tx, job) => finish(tx, job, { status: "cancelled" }),
  onRetried: (tx, { operation }) => restartIsolationCheck(tx, operation.id),
};

async function finish(
  tx: PlatformTx,
  { platform, operation, origin }: Pick<Job, "platform" | "operation" | "origin">,
  ended: Ended,
): Promise<void> {
  const now = platform.now();
  const check = await finishIsolationCheck(tx, operation.id, { ...ended, finishedAt: now });
  const { status } = ended;
  const findings = ended.counts?.findings ?? 0;
  const data = { isolationCheckId: check.id, operationId: operation.id, status, findings };
  await recordEvent(tx, origin, { type: "isolation_check.finished", data, now });
}

const noteMs = 500;

async function check(job: Job, { isolationCheckId, models, full }: CheckInput): Promise<Found> {
  const { databaseUrl } = job.platform.config;
  const ended = new AbortController();
  const signal = AbortSignal.any([job.signal, ended.signal]);
  const total = models?.length ?? isolationModels.length;
  let notedAt = 0;
  let begun = 0;
  const onProgress = (text: string, at: number, of: number) => {
    if (text.endsWith("making two tenants")) begun += 1;
    if (performance.now() - notedAt < noteMs) return;
    notedAt = performance.now();
    const share = (Math.max(begun - 1, 0) + (of === 0 ? 0 : at / of)) / total;
    void job.note(text, Math.min(share, 0.99));
    void isCancelled(job.platform, job.operation).then(
      (is) => is && ended.abort(),
      () => {},
    );
  };
  try {
    const doctor = await examine({
      databaseUrl,
      onDatabase: (database, at, of) => void job.note(`examining ${database}`, (0.01 * at) / of),
    });
    const asked = { databaseUrl, full, ...(models === undefined ? {} : { models }) };
    const attacks = await checkIsolation({ ...asked, signal, onProgress });
    return { isolationCheckId, doctor, attacks };
  } catch (error) {
    if (job.signal.aborted) throw new LetGo("this process is stopping");
    if (ended.signal.aborted) throw new NoLongerWanted("cancelled");
    throw error;
  }
}

const isError = ({ severity }: { readonly severity: string }) => severity === "error";

function countsOf({ attacks, doctor }: Found): IsolationCheckCounts {
  return {
    probes: attacks.probes,
    failed: attacks.failed,
    mutations: attacks.mutations.length,
    caught: attacks.mutations.filter(({ caught }) => caught).length,
    findings: attacks.findings.length + doctor.findings.filter(isError).length,
  };
}

/** Findings that a report holds; a thousand of one cause tell no more than these. */
const findingsMax = 500;
const whyCharsMax = 2_000;

function reportOf({ attacks, doctor }: Found): IsolationReportView {
  const findings = [
    ...attacks.findings.map((each) => attackFinding(each, doctor)),
    ...doctor.findings.filter(isError).map(doctorFinding),
    ...doctor.findings.filter((each) => !isError(each)).map(doctorFinding),
  ];
  return {
    target: attacks.target,
    server: attacks.server,
    startedAt: attacks.startedAt,
    finishedAt: attacks.finishedAt,
    objects: { ...attacks.objects },
    groups: attacks.groups.map((group) => ({ ...group })),
    mutations: attacks.mutations.map((each) => ({ ...each })),
    doctorChecks: doctor.checks,
    findings: findings.slice(0, findingsMax),
    findingsLeftOut: Math.max(findings.length - findingsMax, 0),
  };
}

function doctorFinding({ check, ...finding }: Report["findings"][number]): IsolationFindingView {
  return { source: "doctor", name: check, ...finding, why: finding.why.slice(0, whyCharsMax) };
}

/** With the cures of what the doctor found about the same object of the installation. */
function attackFinding(
  { kind, name, model, object, way, detail }: Finding,
  { findings }: Report,
): IsolationFindingView {
  const cures = findings.filter((each) => isError(each) && isAbout(each.object, object));
  const cure = [...new Set(cures.map((each) => each.cure))].join("\n");
  return {
    source: "attack",
    severity: "error",
    kind,
    name,
    why: detail.slice(0, whyCharsMax),
    ...(model === undefined ? {} : { model }),
    ...(object === undefined ? {} : { object }),
    ...(way === undefined ? {} : { way }),
    ...(cure === "" ? {} : { cure, database: cures[0]?.database ?? "" }),
  };
}

/** The doctor names "table app.orders" where an attack names "orders", and a comparison "relation app.orders in data". */
function isAbout(text: string, object: string | undefined): boolean {
  const name = object
    ?.split(" in ")[0]
    ?.split(/[^\w]+/)
    .at(-1);
  return name !== undefined && name !== "" && text.split(/[^\w]+/).includes(name);
}
