// A name server on loopback: it answers questions for TXT records over UDP with what it was given, or stays silent.
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";

/** A name server that listens. */
export type NameServer = {
  /** Its address and port, as the configuration names it. */
  readonly address: string;
  /** The texts of each name; a name that is not there does not exist. */
  readonly records: Map<string, readonly string[]>;
  /** Whether it gives no answer at all. */
  silent: boolean;
  end(): Promise<void>;
};

/** Starts a name server. */
export async function startNameServer(): Promise<NameServer> {
  const socket = createSocket("udp4");
  const records = new Map<string, readonly string[]>();
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  const server: NameServer = {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    records,
    silent: false,
    end: () => new Promise((resolve) => socket.close(() => resolve())),
  };
  socket.on("message", (query, from) => {
    if (!server.silent) socket.send(answer(query, records), from.port, from.address);
  });
  return server;
}

const headerBytes = 12;
const noSuchName = 3;
const text = 16;

function answer(query: Buffer, records: NameServer["records"]): Buffer {
  const { name, end } = readName(query);
  const question = query.subarray(headerBytes, end + 4);
  const texts = query.readUInt16BE(end) === text ? records.get(name.toLowerCase()) : undefined;
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8580 | (texts === undefined ? noSuchName : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(texts?.length ?? 0, 6);
  return Buffer.concat([header, question, ...(texts ?? []).map(textRecord)]);
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join("."), end: at + 1 };
}

// In two parts, as long ones come.
function textRecord(value: string): Buffer {
  const half = Math.ceil(value.length / 2);
  const data = Buffer.concat(
    [value.slice(0, half), value.slice(half)].map((part) =>
      Buffer.concat([Buffer.from([part.length]), Buffer.from(part, "latin1")]),
    ),
  );
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc000 | headerBytes, 0);
  head.writeUInt16BE(text, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}
