// The only way to the server: the typed client, with the browser's session.
import { type Client, createClient } from "@hestia/api";

export const client: Client = createClient({ baseUrl: location.origin });
