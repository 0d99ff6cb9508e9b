// Who is next, and how many connections one tenant may have: the policy alone, without a connection in sight.
// Invariant: whoever holds the least of its share goes first, so no line is starved; what nobody waits for is free for all.

/** One tenant's place in the distribution. */
export type Line = {
  readonly tenantId: string;
  /** Its part beside the others': one with 2 is given twice what one with 1 is. */
  weight: number;
  /** Connections that run its statements or that it holds. */
  active: number;
  readonly waiting: { readonly length: number };
};

/** How long after its last statement a tenant still counts as one beside whom the others leave room. */
const presenceMs = 60_000;

/** The part of a budget that one tenant leaves to the others while there are any. */
const roomPart = 1 / 8;

/** See the file's head. */
export class FairShare<L extends Line> {
  readonly #budget: number;
  readonly #tenantMax: number;
  readonly #alone: number;
  /** Lines in which somebody waits, in the order of their turns. */
  readonly #waiting = new Set<L>();
  #last = { tenantId: "", at: Number.NEGATIVE_INFINITY };
  /** When another than the last tenant was seen last. */
  #otherAt = Number.NEGATIVE_INFINITY;

  /** `alone` is what a tenant may have while no other is there. */
  constructor(budget: number, tenantMax: number, alone = budget) {
    this.#budget = budget;
    this.#tenantMax = tenantMax;
    this.#alone = alone;
  }

  /** A tenant asks for a connection. */
  seen(line: L, now: number): void {
    if (this.#last.tenantId !== line.tenantId) {
      this.#otherAt = this.#last.at;
      this.#last = { tenantId: line.tenantId, at: now };
    } else this.#last.at = now;
  }

  /** Whether the tenant may have one more. */
  mayHaveMore(line: L, now: number): boolean {
    return line.active < this.#capOf(line, now);
  }

  /**
   * Whether it may take one of the places that are left: the last one is for who has none. However long one tenant's
   * statements take, the next one that comes need not wait for them. Of a small budget nothing is kept.
   */
  mayTakePlace({ active }: L, left: number): boolean {
    return active === 0 || this.#room === 0 || left > 1;
  }

  #capOf(line: L, now: number): number {
    const cap = this.#isAlone(line, now) ? this.#alone : this.#budget - this.#room;
    return Math.min(cap, this.#tenantMax);
  }

  get #room(): number {
    return Math.round(this.#budget * roomPart);
  }

  #isAlone({ tenantId }: L, now: number): boolean {
    const other = this.#last.tenantId === tenantId ? this.#otherAt : this.#last.at;
    return now - other > presenceMs;
  }

  /** Somebody waits in the line. */
  enter(line: L): void {
    this.#waiting.add(line);
  }

  /** Nobody waits in it any more. */
  leave(line: L): void {
    this.#waiting.delete(line);
  }

  /**
   * The line whose turn it is among those that can be served; it goes behind the others. `rank` says how well one can be
   * served: 0 before 1, undefined not at all.
   */
  next(now: number, rank: (line: L) => 0 | 1 | undefined): L | undefined {
    let best: L | undefined;
    let bestRank: 0 | 1 = 1;
    for (const line of this.#waiting) {
      if (best && bestRank === 0 && shareOf(line) >= shareOf(best)) continue;
      const ranked = this.mayHaveMore(line, now) ? rank(line) : undefined;
      if (ranked === undefined || (best && ranked > bestRank)) continue;
      if (best && ranked === bestRank && shareOf(line) >= shareOf(best)) continue;
      best = line;
      bestRank = ranked;
      if (line.active === 0 && ranked === 0) break;
    }
    if (best) {
      this.#waiting.delete(best);
      this.#waiting.add(best);
    }
    return best;
  }

  /** Lines in which somebody waits. */
  get lines(): Iterable<L> {
    return this.#waiting;
  }
}

const shareOf = ({ active, weight }: Line) => active / weight;
