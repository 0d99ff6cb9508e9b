// The commands about clusters.
import type { ClusterView } from "@hestia/api";
import type { Context, ServerOptions } from "./context.ts";
import { openServer } from "./server.ts";
import { renderTable } from "./table.ts";

const columns = [
  { title: "CLUSTER" },
  { title: "REACHABLE" },
  { title: "ISOLATION" },
  { title: "SCHEMAS READY" },
  { title: "DATABASES READY" },
];

/** Shows the clusters. */
export async function listClusters(context: Context, options: ServerOptions): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { items } = await send(() => client.clusters.list());
  if (options.json) return output.printJson({ items });
  const rows = items.map((each) => [
    each.name,
    each.reachable ? "yes" : output.colours.red("no"),
    each.isolation,
    warmText(each, "schema"),
    warmText(each, "database"),
  ]);
  output.print(renderTable(columns, rows, output));
}

/** "3 of 5, 1 stale": what is ready of what is wanted. */
function warmText({ warm }: ClusterView, isolation: "schema" | "database"): string {
  const found = warm.find((each) => each.isolation === isolation);
  if (found === undefined) return "";
  const { ready, wanted, making, stale } = found;
  const more = [
    ...(making > 0 ? [`${making} being made`] : []),
    ...(stale > 0 ? [`${stale} stale`] : []),
  ];
  return [`${ready} of ${wanted}`, ...more].join(", ");
}
