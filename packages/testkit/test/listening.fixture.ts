// An application that connects by its environment and listens on PORT, as one is started in production.
import { createServer } from "node:http";
import { connect } from "@hestia/postgres";

const hestia = await connect();

createServer(async (request, response) => {
  const entry = await hestia.find({ slug: (request.headers.host ?? "").split(".")[0] ?? "" });
  const id = /^\/orders\/(\d+)$/.exec(request.url ?? "")?.[1];
  const text = id === undefined ? "select * from orders" : "select * from orders where id = $1";
  const rows =
    entry && request.method === "GET"
      ? (await hestia.tenantOf(entry).query(text, id === undefined ? [] : [id])).rows
      : [];
  response.writeHead(rows.length > 0 ? 200 : 404).end(JSON.stringify(rows));
}).listen(Number(process.env.PORT), "127.0.0.1");
