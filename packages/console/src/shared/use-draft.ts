// What is typed into a dialog and not sent yet, kept for the tab: a reload or an ended session costs nobody a sentence.
import { useCallback, useRef, useState } from "react";

/** A draft, how it is changed, and how it is thrown away. */
export function useDraft<Draft extends object>(
  name: string,
  initial: Draft,
): readonly [Draft, (change: Partial<Draft>) => void, () => void] {
  const key = `hestia-draft ${name}`;
  const [draft, setDraft] = useState<Draft>(() => ({ ...initial, ...kept(key) }));
  const change = useCallback(
    (changed: Partial<Draft>) =>
      setDraft((before) => {
        const after = { ...before, ...changed };
        store(() => sessionStorage.setItem(key, JSON.stringify(after)));
        return after;
      }),
    [key],
  );
  const first = useRef(initial);
  const forget = useCallback(() => {
    setDraft(first.current);
    store(() => sessionStorage.removeItem(key));
  }, [key]);
  return [draft, change, forget];
}

function kept(key: string): object {
  let found: object = {};
  store(() => {
    found = JSON.parse(sessionStorage.getItem(key) ?? "{}") as object;
  });
  return found;
}

function store(work: () => void): void {
  try {
    work();
  } catch {
    // Where a browser keeps nothing, the draft lives as long as its dialog.
  }
}
