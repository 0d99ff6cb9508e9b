// How a person follows a start: through the parent process where there is one that draws, by a bar on a terminal, and by
// a line now and then in a log.
import { type Bar, SingleBar } from "cli-progress";

/** Where progress is told. */
export type Progress = {
  /** What is being done, in a few words. */
  say(text: string): void;
  /** How far a load is. */
  count(done: number, total: number, what: string): void;
  /** Takes what is drawn away. */
  end(): void;
};

type Parent = (message: { kind: "progress"; text: string }) => unknown;
type Screen = NodeJS.WritableStream & { readonly isTTY?: boolean };

const quietMs = 1_000;

/** Makes the progress that suits; `send` is the channel to a parent process. */
export function makeProgress(
  send: Parent | undefined,
  screen: Screen,
  now: () => number = Date.now,
): Progress {
  if (send !== undefined) return tellParent(send);
  return screen.isTTY ? drawBar(screen) : writeLines(screen, now);
}

function tellParent(send: Parent): Progress {
  const say = (text: string) => void send({ kind: "progress", text });
  return {
    say,
    count: (done, total, what) => say(`loading strikes: ${done} of ${total} (${what})`),
    end: () => {},
  };
}

function drawBar(screen: Screen): Progress {
  let bar: Bar | undefined;
  const end = () => {
    bar?.stop();
    bar = undefined;
  };
  return {
    say: (text) => {
      end();
      screen.write(`\r\u001b[2K· ${text}`);
    },
    count: (done, total, what) => {
      if (bar === undefined) {
        screen.write("\r\u001b[2K");
        bar = new SingleBar({
          format: "  {bar} {value}/{total} strikes  {what}",
          barCompleteChar: "█",
          barIncompleteChar: "░",
          hideCursor: true,
          clearOnComplete: true,
          stream: screen,
        });
        (bar as SingleBar).start(total, 0, { what });
      }
      (bar as SingleBar).update(done, { what });
    },
    end: () => {
      end();
      screen.write("\r\u001b[2K");
    },
  };
}

function writeLines(screen: Screen, now: () => number): Progress {
  let writtenAt = Number.NEGATIVE_INFINITY;
  const say = (text: string) => {
    writtenAt = now();
    screen.write(`· ${text}\n`);
  };
  return {
    say,
    count: (done, total, what) => {
      if (done === total || now() - writtenAt >= quietMs)
        say(`loading strikes: ${done} of ${total} (${what})`);
    },
    end: () => {},
  };
}
