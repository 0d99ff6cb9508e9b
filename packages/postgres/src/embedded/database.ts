// The database that an embedded server is started for.
import pg from "pg";

/** Makes the database that the URL names, if it is missing, with the superuser as its owner. */
export async function makeDatabase(url: string): Promise<void> {
  const target = new URL(url);
  const name = decodeURIComponent(target.pathname.slice(1));
  if (name === "postgres") return;
  target.pathname = "/postgres";
  const client = new pg.Client(target.href);
  client.on("error", () => {});
  await client.connect();
  try {
    const found = await client.query("select from pg_database where datname = $1", [name]);
    if (found.rowCount === 0) {
      await client.query(`create database ${pg.escapeIdentifier(name)}`);
    }
  } finally {
    await client.end();
  }
}
