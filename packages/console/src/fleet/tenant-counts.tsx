// How many tenants there are, by status and by isolation model.
import type { FleetView } from "@hestia/api";
import { isolationModels, tenantStatuses } from "@hestia/core";
import type { ReactNode } from "react";
import { Bars } from "../shared/bars.tsx";
import { Card } from "../shared/card.tsx";
import { ToAnchor } from "../shared/to.tsx";
import { statusColours } from "../tenants/status-badge.tsx";
import { texts } from "../texts/index.ts";
import { sumBy } from "./totals.ts";

export function ByStatus({ tenants }: { tenants: FleetView["tenants"] }): ReactNode {
  const words = texts.fleet.tenants;
  const sums = sumBy(tenants, "status");
  return (
    <Card title={words.byStatus}>
      <Bars
        caption={words.byStatus}
        columns={[words.status, words.count]}
        bars={tenantStatuses
          .filter((status) => sums.has(status))
          .map((status) => ({
            key: status,
            label: (
              <ToAnchor to="/tenants" search={{ status: [status] }}>
                {texts.tenants.status[status]}
              </ToAnchor>
            ),
            value: sums.get(status) ?? 0,
            colour: statusColours[status],
          }))}
      />
    </Card>
  );
}

const modelColours = { shared: "ember", schema: "indigo", database: "cyan" } as const;

export function ByIsolation({ tenants }: { tenants: FleetView["tenants"] }): ReactNode {
  const words = texts.fleet.tenants;
  const sums = sumBy(tenants, "isolation");
  return (
    <Card title={words.byIsolation}>
      <Bars
        caption={words.byIsolation}
        columns={[words.isolation, words.count]}
        bars={isolationModels.map((model) => ({
          key: model,
          label: (
            <ToAnchor to="/tenants" search={{ isolation: [model] }}>
              {texts.tenants.isolation[model]}
            </ToAnchor>
          ),
          value: sums.get(model) ?? 0,
          colour: modelColours[model],
        }))}
      />
    </Card>
  );
}
