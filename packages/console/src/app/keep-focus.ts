// Focus is never lost to the page itself: a button gets it back when it is no longer busy, or the field that it was refused
// for; where what had it is gone, the open dialog has it, else the screen's title.

const focusable = "a, button, input, select, textarea, label, summary, [tabindex]";

/** Begins; once for a page. */
export function keepFocus(): void {
  let last: HTMLElement | undefined;
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement) last = target;
  });
  // One who presses where nothing is has let go of it.
  document.addEventListener(
    "pointerdown",
    ({ target }) => {
      if (target instanceof Element && target.closest(focusable) === null) last = undefined;
    },
    true,
  );
  const mend = () => {
    if (last === undefined || document.activeElement !== document.body) return;
    if (!last.isConnected) heir()?.focus({ preventScroll: true });
    else if (!last.matches(":disabled"))
      (last.closest("form")?.querySelector<HTMLElement>("[aria-invalid=true]") ?? last).focus();
  };
  new MutationObserver(mend).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ["disabled"],
  });
}

function heir(): HTMLElement | null {
  const dialog = [...document.querySelectorAll("[role=dialog]")].at(-1);
  if (dialog === undefined) return document.querySelector("h1");
  return (
    dialog.querySelector<HTMLElement>("[data-autofocus]") ??
    dialog.querySelector<HTMLElement>("button, input, textarea")
  );
}
