// What a tenant's activation waits for, as people read it.
import type { VerificationsView } from "@hestia/api";
import type { Output } from "./output.ts";
import { statusText } from "./statuses.ts";
import { renderPairs } from "./table.ts";
import { fullTime } from "./times.ts";

/** Everything that the activation waits for, or waited for. */
export function verificationsText(view: VerificationsView, output: Output, now: number): string {
  const items = view.items.map((item): [string, string] => [
    item.requirement,
    stateOf(item, output, now),
  ]);
  const none: [string, string][] = [["requires", "nothing"]];
  return renderPairs(
    [["status", statusText(view.status, output.colours)], ...(items.length > 0 ? items : none)],
    output,
  );
}

type Item = VerificationsView["items"][number];

function stateOf({ state, next, metAt, metBy, reason }: Item, output: Output, now: number): string {
  if (state === "open") return `${output.colours.yellow("open")}: ${next}`;
  const why = reason === undefined ? "" : `: ${reason}`;
  const when = metAt === undefined ? "" : `, ${fullTime(metAt, now)}`;
  const colour = state === "met" ? output.colours.green : output.colours.yellow;
  return `${colour(state)} by ${metBy}${when}${why}`;
}
