// Chance that can be had again: the same seed, the same choices (mulberry32).

/** Draws numbers; each caller has one of its own, so that what it does hangs on the seed and not on the others. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to `below`, without it. */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** One of the list, by weight. */
  pick<T>(list: readonly { readonly weight: number; readonly item: T }[]): T {
    let at = this.next() * list.reduce((sum, { weight }) => sum + weight, 0);
    for (const { weight, item } of list) {
      at -= weight;
      if (at < 0) return item;
    }
    return (list.at(-1) as { item: T }).item;
  }
}
