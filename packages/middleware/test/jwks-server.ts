// An issuer of tokens on loopback: a real key set over HTTP, whose keys can be changed and which can fail.
import { once } from "node:events";
import { createServer } from "node:http";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTPayload,
  SignJWT,
} from "jose";

/** A running issuer. */
export type Issuer = {
  readonly url: string;
  readonly issuer: string;
  /** The public key that is served first. */
  publicKey(): JWK;
  /** How often the key set was asked for. */
  fetches(): number;
  /** Signs with the newest key. */
  sign(claims: JWTPayload, header?: { kid?: string; alg?: string; typ?: string }): Promise<string>;
  /** Makes another key, which signs from now on; the old ones are no longer served. */
  rotate(): Promise<void>;
  /** What the key set's route answers from now on; undefined is as it should. */
  answerWith(answer?: { status: number; body: string }): void;
  close(): Promise<void>;
};

/** Starts an issuer. */
export async function startIssuer(): Promise<Issuer> {
  let keys: { kid: string; jwk: JWK; privateKey: CryptoKey }[] = [];
  let answer: { status: number; body: string } | undefined;
  let fetches = 0;
  let made = 0;
  const rotate = async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
    const kid = `key-${++made}`;
    keys = [{ kid, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: "ES256" } }];
  };
  await rotate();
  const server = createServer((_request, response) => {
    fetches += 1;
    const { status, body } = answer ?? {
      status: 200,
      body: JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }),
    };
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as { port: number };
  const issuer = `http://127.0.0.1:${port}`;
  const newest = () => {
    const [key] = keys;
    if (key === undefined) throw new Error("no key");
    return key;
  };
  return {
    issuer,
    url: `${issuer}/jwks.json`,
    publicKey: () => newest().jwk,
    fetches: () => fetches,
    rotate,
    sign: (claims, header = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: "ES256", kid: newest().kid, ...header })
        .sign(newest().privateKey),
    answerWith: (given) => {
      answer = given;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
