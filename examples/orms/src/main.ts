// Places and lists an order with each ORM: node src/main.ts <tenant>, on a platform that has the example's migrations.

import { connect, runWithTenant } from "@hestia/postgres";
import { orms } from "./orms.ts";

const [slug = ""] = process.argv.slice(2);
const hestia = await connect();
try {
  const tenant = await hestia.tenant(slug);
  for (const { name, openAmbient } of orms) {
    const shop = await openAmbient(hestia);
    const email = `${name.toLowerCase()}@example.com`;
    const customers = await runWithTenant(tenant, async () => {
      await shop.place({ email, currency: "EUR", cents: 4200 });
      return shop.customers();
    });
    process.stdout.write(`${name}: ${JSON.stringify(customers)}\n`);
  }
} finally {
  await hestia.close();
}
