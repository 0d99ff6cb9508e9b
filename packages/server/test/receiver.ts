// A receiver of webhooks on loopback: it keeps what it is sent, verifies it as Standard Webhooks say with a library that is
// not ours, and answers as it is told.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** What a receiver was sent. */
type Received = {
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  readonly body: {
    readonly id: string;
    readonly type: string;
    readonly source: string;
    readonly subject?: string;
    readonly time: string;
    readonly sequence: string;
    readonly data: Record<string, unknown>;
  };
  /** Which of the secrets the signatures are of. */
  verifies(secret: string): boolean;
};

/** Answers a request; without an end it hangs. */
export type Answering = (response: ServerResponse, received: Received) => void | Promise<void>;

/** A receiver that listens. */
export type Receiver = {
  readonly url: string;
  readonly received: Received[];
  /** Sets how it answers from now on. */
  answer(how: Answering): void;
  end(): Promise<void>;
};

/** Answers 204 and nothing else. */
export const accept: Answering = (response) => void response.writeHead(204).end();

/** Returns an answer with this status. */
export const answerWith =
  (status: number, headers: Record<string, string> = {}, body = ""): Answering =>
  (response) =>
    void response.writeHead(status, headers).end(body);

/** Starts a receiver that accepts everything. */
export async function startReceiver(): Promise<Receiver> {
  let answering = accept;
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    request.on("error", () => {});
    const text = (await request.toArray().catch(() => [])).join("");
    const one = readReceived(request, text);
    received.push(one);
    await answering(response, one);
  });
  const url = await listening(server);
  const answer = (how: Answering) => {
    answering = how;
  };
  return { url: `${url}/hooks`, received, answer, end: () => ended(server) };
}

function readReceived({ headers }: IncomingMessage, text: string): Received {
  const verifies = (secret: string) => {
    try {
      new Webhook(secret).verify(text, headers as Record<string, string>);
      return true;
    } catch {
      return false;
    }
  };
  return { headers, text, body: JSON.parse(text), verifies };
}

/** Listens on loopback and returns the origin. */
export async function listening(server: Pick<Server, "listen" | "address">): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function ended(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
