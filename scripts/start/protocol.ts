// What the children send, parsed: a message of any other form is not for the supervisor.

/** The control plane listens. */
export type ServerReady = {
  kind: "ready";
  url: string;
  directoryUrl: string;
  firstRun: boolean;
  operatorKey?: string;
};

/** A tenant of the example, loaded and served. */
export type ExampleTenant = { slug: string; name: string; isolation: string; url: string };

/** The example serves all its tenants. */
export type ExampleReady = { kind: "ready"; tenants: ExampleTenant[] };

/** What a child is doing, in a few words. */
export type Progress = { kind: "progress"; text: string };

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string";

/** Tells a progress message. */
export function isProgress(message: unknown): message is Progress {
  return isFields(message) && message.kind === "progress" && isText(message.text);
}

/** Tells the control plane's ready message. */
export function isServerReady(message: unknown): message is ServerReady {
  if (!isFields(message) || message.kind !== "ready") return false;
  const { url, directoryUrl, operatorKey } = message;
  return isText(url) && isText(directoryUrl) && (operatorKey === undefined || isText(operatorKey));
}

/** Tells the example's ready message. */
export function isExampleReady(message: unknown): message is ExampleReady {
  if (!isFields(message) || message.kind !== "ready" || !Array.isArray(message.tenants))
    return false;
  return message.tenants.every(
    (each) => isFields(each) && [each.slug, each.name, each.isolation, each.url].every(isText),
  );
}
