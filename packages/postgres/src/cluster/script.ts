// A text of several statements in one message of the simple protocol, so that PostgreSQL itself cuts it up.
// It counts the statements that came through: where PostgreSQL tells no position, the next one has failed.

import type pg from "pg";

type CopyIn = { sendCopyFail(reason: string): void };

/** Runs the text; `failed` hears how many statements had come through when one failed, and `onValue` each row's first value. */
export function runScript(
  client: pg.ClientBase,
  text: string,
  failed: (completed: number) => void,
  onValue?: (value: string) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, completed: number) => {
      if (error === undefined) return resolve();
      failed(completed);
      reject(error);
    };
    client.query(new Script(text, done, onValue));
  });
}

/** A pg submittable. */
class Script {
  readonly #text: string;
  readonly #done: (error: Error | undefined, completed: number) => void;
  #completed = 0;
  #finished = false;
  /** pg wants a callback on every submittable; the outcome goes through `done`. */
  readonly callback = () => {};

  readonly #onValue: ((value: string) => void) | undefined;

  constructor(
    text: string,
    done: (error: Error | undefined, completed: number) => void,
    onValue: ((value: string) => void) | undefined,
  ) {
    this.#text = text;
    this.#done = done;
    this.#onValue = onValue;
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleRowDescription(): void {}

  handleDataRow({ fields }: { fields: readonly (Buffer | string | null)[] }): void {
    this.#onValue?.(String(fields[0] ?? ""));
  }

  handleCommandComplete(): void {
    this.#completed += 1;
  }

  handleEmptyQuery(): void {}

  handlePortalSuspended(): void {}

  handleCopyInResponse(connection: CopyIn): void {
    connection.sendCopyFail("a migration has no input");
  }

  handleCopyData(): void {}

  /** The client waits for ReadyForQuery by itself before it sends anything else. */
  handleError(error: Error): void {
    this.#finish(error);
  }

  handleReadyForQuery(): void {
    this.#finish(undefined);
  }

  #finish(error: Error | undefined): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#done(error, this.#completed);
  }
}
