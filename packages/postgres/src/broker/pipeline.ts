// Several statements in flight on one connection: which connection takes one more, and what becomes of those that turn out
// to be behind a slow one. Invariant: none is sent behind a statement that is not known to be quick, nor behind one that has
// run for long already; and one that runs for long all the same keeps nobody waiting who was sent behind it.

import { slowMs } from "../scoped/scoped-query.ts";
import { type Address, type Connection, cancelRunning } from "./connection.ts";

/** The connection with the fewest in flight, of several the one that began last; undefined when none may take more. */
export function shallowest(
  open: Iterable<Connection>,
  pipelineMax: number,
  now: number,
): Connection | undefined {
  let best: Connection | undefined;
  for (const each of open) {
    if (!each.mayFollow || each.inFlight >= pipelineMax || now - each.busySince > slowMs) continue;
    const isBetter =
      !best ||
      each.inFlight < best.inFlight ||
      (each.inFlight === best.inFlight && each.busySince > best.busySince);
    if (isBetter) best = each;
  }
  return best;
}

/** How long others are kept waiting behind a statement. */
const patienceMs = 50;

/** See the file's head. */
export class Relief {
  readonly #address: Address;
  readonly #open: () => Iterable<Connection>;
  #watcher: NodeJS.Timeout | undefined;

  constructor(address: Address, open: () => Iterable<Connection>) {
    this.#address = address;
    this.#open = open;
  }

  /** Something is in flight behind something else. */
  watch(): void {
    // Answers that lie in the socket are heard before anything is called slow: we may be the ones who were.
    this.#watcher ??= setInterval(() => setImmediate(() => this.#relieve()), slowMs).unref();
  }

  /** Cancels what is slow. Its connection takes nothing more: a cancel that comes late would hit another's. */
  #relieve(): void {
    const now = performance.now();
    const followed = [...this.#open()].filter(({ inFlight }) => inFlight > 1);
    for (const connection of followed) {
      if (connection.isRelieved || now - connection.busySince < patienceMs) continue;
      connection.isRelieved = true;
      connection.mayFollow = false;
      cancelRunning(this.#address, connection.client);
    }
    if (followed.length > 0) return;
    clearInterval(this.#watcher);
    this.#watcher = undefined;
  }
}

/** Whether a statement failed by that cancel: nothing of it remains, so it can be sent again, with nobody behind it. */
export function wasRelieved({ isRelieved }: Connection, failure: Error | undefined): boolean {
  return isRelieved && (failure as { code?: string } | undefined)?.code === "57014";
}
