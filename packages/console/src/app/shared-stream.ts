// One stream for all tabs of a browser: it has six connections to a host that speaks no HTTP/2, and a stream takes one for
// good. One tab follows and tells the others; when it is gone, the next takes its place.
import type { ChangesView } from "@hestia/api";
import type { Liveness } from "./live.tsx";

/** What is done with what is heard. */
export type Ears = {
  tell(liveness: Liveness): void;
  hear(notice: ChangesView): void;
};

type Message = { readonly liveness: Liveness } | { readonly notice: ChangesView } | "asks";

const name = "hestia-changes";

/** Follows by `follow` in one tab at a time; every tab hears. Where a browser shares nothing, each tab follows. */
export async function followInOneTab(
  signal: AbortSignal,
  { tell, hear }: Ears,
  follow: (signal: AbortSignal, ears: Ears) => Promise<void>,
): Promise<void> {
  // Only over TLS and on this machine.
  if (!("locks" in navigator)) return follow(signal, { tell, hear });
  const channel = new BroadcastChannel(name);
  signal.addEventListener("abort", () => channel.close());
  const post = (message: Message) => {
    if (!signal.aborted) channel.postMessage(message);
  };
  let isFollowing = false;
  let now: Liveness = "connecting";
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data === "asks") {
      if (isFollowing) post({ liveness: now });
    } else if ("notice" in data) hear(data.notice);
    else tell(data.liveness);
  };
  post("asks");
  const ears: Ears = {
    tell: (liveness) => {
      now = liveness;
      tell(liveness);
      post({ liveness });
    },
    hear: (notice) => {
      hear(notice);
      post({ notice });
    },
  };
  const lead = async () => {
    isFollowing = true;
    await follow(signal, ears).finally(() => {
      isFollowing = false;
    });
  };
  // Refused when this tab leaves before its turn has come.
  await navigator.locks.request(name, { signal }, lead).catch(() => {});
}
