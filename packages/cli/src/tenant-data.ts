// What a tenant has in its data database, as people read it: what is estimated or a share says so.
import type { TenantDataView } from "@hestia/api";
import type { Context, ServerOptions } from "./context.ts";
import { getTenant } from "./find-tenant.ts";
import type { Output } from "./output.ts";
import { openServer } from "./server.ts";
import { renderTable } from "./table.ts";

/** Shows it. */
export async function showData(
  context: Context,
  name: string,
  options: ServerOptions,
): Promise<void> {
  const { output } = context;
  const { client, send } = openServer(context, options);
  const { id: tenantId } = await send(() => getTenant(client, name));
  const data = await send(() => client.data.get({ tenantId }));
  if (options.json) return output.printJson(data);
  output.print(dataText(data, output));
  if (data.bytesAre === "share" && data.tables.length > 0)
    output.note("Bytes are a share: others have rows in the same tables.");
}

function dataText({ tables, migrations }: TenantDataView, output: Output): string {
  const tableRows = tables.map(({ name, rows, rowsAre, bytes }) => [
    name,
    rowsAre === "estimated" ? `~${rows}` : String(rows),
    bytes === undefined ? "?" : String(bytes),
  ]);
  const fileRows = migrations.map(({ set, name, state, failure }) => [
    `${set}/${name}`,
    state,
    failure?.message ?? "",
  ]);
  const right = "right" as const;
  return [
    tables.length === 0
      ? "No tables."
      : renderTable(
          [{ title: "TABLE" }, { title: "ROWS", align: right }, { title: "BYTES", align: right }],
          tableRows,
          output,
        ),
    ...(migrations.length === 0
      ? []
      : [
          "",
          renderTable(
            [{ title: "MIGRATION" }, { title: "STATE" }, { title: "WHY", gives: true }],
            fileRows,
            output,
          ),
        ]),
  ].join("\n");
}
