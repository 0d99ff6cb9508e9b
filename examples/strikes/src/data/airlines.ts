// The airlines that are tenants of the example. An operator's records belong to its airline and to nobody else; the
// operators that are none (military, business, unknown) are left out.
import type { IsolationModel } from "@hestia/core";

/** An airline: how it is called as a tenant, and in the records. */
export type Airline = {
  readonly slug: string;
  readonly name: string;
  /** As the records spell it. */
  readonly operator: string;
  readonly isolation: IsolationModel;
};

/** The airlines, at least two in each isolation model. */
export const airlines: readonly Airline[] = [
  {
    slug: "alaska",
    name: "Alaska Airlines",
    operator: "ALASKA AIRLINES",
    isolation: "shared",
  },
  {
    slug: "american",
    name: "American Airlines",
    operator: "AMERICAN AIRLINES",
    isolation: "database",
  },
  { slug: "delta", name: "Delta Air Lines", operator: "DELTA AIR LINES", isolation: "schema" },
  { slug: "fedex", name: "FedEx Express", operator: "FEDEX EXPRESS", isolation: "schema" },
  {
    slug: "southwest",
    name: "Southwest Airlines",
    operator: "SOUTHWEST AIRLINES",
    isolation: "shared",
  },
  { slug: "united", name: "United Airlines", operator: "UNITED AIRLINES", isolation: "shared" },
  { slug: "ups", name: "UPS Airlines", operator: "UPS AIRLINES", isolation: "database" },
  { slug: "us-airways", name: "US Airways", operator: "US AIRWAYS*", isolation: "shared" },
];
