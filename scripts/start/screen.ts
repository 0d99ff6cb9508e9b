// All that the supervisor prints. On a terminal progress is one line that is overwritten; elsewhere it is a line now
// and then, so that a log of it stays readable.

/** Where the supervisor prints to. */
export type Screen = {
  /** A line to keep. */
  say(text: string): void;
  /** What is going on, until the next word of anything. */
  progress(text: string): void;
};

type Stream = { write(text: string): unknown; isTTY?: boolean; columns?: number };

const quietMs = 5_000;

/** Prints to a stream, as a terminal if it is one. */
export function makeScreen(stream: Stream, now: () => number = Date.now): Screen {
  return stream.isTTY ? terminal(stream) : journal(stream, now);
}

function terminal(stream: Stream): Screen {
  const clear = "\r\x1b[2K";
  return {
    say: (text) => stream.write(`${clear}${text}\n`),
    progress: (text) => {
      const width = (stream.columns || 80) - 1;
      stream.write(`${clear}${`· ${text}`.slice(0, width)}`);
    },
  };
}

function journal(stream: Stream, now: () => number): Screen {
  let lastTopic: string | undefined;
  let lastAt = 0;
  return {
    say: (text) => stream.write(`${text}\n`),
    progress: (text) => {
      // the words before the first figure say what is going on; the figures say how far it is
      const topic = text.split(/\d/)[0];
      if (topic === lastTopic && now() - lastAt < quietMs) return;
      lastTopic = topic;
      lastAt = now();
      stream.write(`· ${text}\n`);
    },
  };
}
