// What a result takes while it is received: its bytes on the wire, and what becomes of them in memory.
// Invariant: no result passes its bound, nor do all of one application together pass theirs; of those the largest goes.

import { HestiaError } from "@hestia/core";

/** What results may take. */
export type ResultLimits = {
  /** Bytes of one result. */
  readonly resultBytesMax: number;
  /** Bytes of all that are being received at once. */
  readonly resultsBytesMax: number;
};

/** What all results of an application share. */
export class ResultBounds {
  readonly #limits: ResultLimits;
  readonly #growing = new Set<ReceivedResult>();
  #bytes = 0;

  constructor(limits: ResultLimits) {
    this.#limits = limits;
  }

  /** Bytes of all that are being received. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Counts what one has grown by, and refuses one where that is too much. */
  grew(result: ReceivedResult, bytes: number): void {
    const { resultBytesMax, resultsBytesMax } = this.#limits;
    this.#bytes += bytes;
    this.#growing.add(result);
    if (result.ownBytes > resultBytesMax) result.refuse(resultBytesMax);
    else if (this.#bytes > resultsBytesMax) this.#largest().refuse(resultsBytesMax);
  }

  /** Forgets one that has come to its end. */
  forget(result: ReceivedResult): void {
    if (this.#growing.delete(result)) this.#bytes -= result.bytes;
  }

  #largest(): ReceivedResult {
    return [...this.#growing].reduce((best, each) => (each.bytes > best.bytes ? each : best));
  }
}

/** The result that one connection receives now. */
export class ReceivedResult {
  #bounds: ResultBounds | undefined;
  #hangUp: (error: HestiaError) => void = () => {};
  #bytes = 0;
  #othersMax = 0;
  #refusal: HestiaError | undefined;

  /** Bytes so far. With others in flight behind it, a part of the last chunk may be theirs. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Those that are surely its own. */
  get ownBytes(): number {
    return this.#bytes - this.#othersMax;
  }

  /** Why nothing more of it is taken. */
  get refusal(): HestiaError | undefined {
    return this.#refusal;
  }

  /** From now on it keeps to the bounds; `hangUp` ends its connection. */
  keepTo(bounds: ResultBounds, hangUp: (error: HestiaError) => void): void {
    this.#bounds = bounds;
    this.#hangUp = hangUp;
  }

  /** A chunk has come from the wire. */
  received(bytes: number, isFollowed: boolean): void {
    this.#othersMax = isFollowed ? bytes : 0;
    this.grow(bytes);
  }

  /** Something is about to be made of what has come. */
  grow(bytes: number): void {
    this.#bytes += bytes;
    if (!this.#refusal) this.#bounds?.grew(this, bytes);
  }

  /** It ends, and the next one is counted from nothing. */
  ends(): void {
    this.#bounds?.forget(this);
    this.#bytes = 0;
    this.#othersMax = 0;
  }

  /** Ends its connection: what is still to come would be taken in. */
  refuse(bytesMax: number): void {
    this.#refusal = new HestiaError("result_too_large", { bytesMax });
    this.#bounds?.forget(this);
    this.#hangUp(this.#refusal);
  }
}
