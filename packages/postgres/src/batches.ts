// Questions that come while others are being answered are asked together: thousands at once wait for a few statements, and
// not in line for a connection.

/** How they are asked. */
export type BatchOptions<Question, Answer> = {
  /** Statements at once, at most. */
  readonly atOnce: number;
  /** Questions in one, at most. */
  readonly sizeMax: number;
  /** Answers them, in their order. */
  readonly ask: (questions: readonly Question[]) => Promise<readonly Answer[]>;
  /** Whether it may be the fault of one among them: then each is asked alone. */
  readonly isOfOne?: (error: unknown) => boolean;
};

type Waiting<Question, Answer> = {
  readonly question: Question;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

/** See the file's head. */
export class Batches<Question, Answer> {
  readonly #options: BatchOptions<Question, Answer>;
  readonly #waiting: Waiting<Question, Answer>[] = [];
  #running = 0;

  constructor(options: BatchOptions<Question, Answer>) {
    this.#options = options;
  }

  /** Asks it, with whatever else is waiting. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    if (this.#waiting.length === 0 || this.#running >= this.#options.atOnce) return;
    this.#running += 1;
    // Those that are asked in the same moment go together.
    setImmediate(() => {
      const batch = this.#waiting.splice(0, this.#options.sizeMax);
      void this.#answer(batch).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    });
  }

  async #answer(batch: readonly Waiting<Question, Answer>[]): Promise<void> {
    if (batch.length === 0) return;
    try {
      const answers = await this.#options.ask(batch.map(({ question }) => question));
      for (const [at, { resolve }] of batch.entries()) resolve(answers[at] as Answer);
    } catch (error) {
      if (batch.length === 1 || !this.#options.isOfOne?.(error))
        for (const { reject } of batch) reject(error);
      else for (const each of batch) await this.#answer([each]);
    }
  }
}
