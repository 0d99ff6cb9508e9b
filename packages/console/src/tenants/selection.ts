// Which tenants are selected. It outlives a reload and a visit to a tenant, and ends with the tab.
import { useSyncExternalStore } from "react";

/** How many can be selected: what is done to them is shown one by one. */
export const selectedMax = 200;

const key = "hestia-selected-tenants";
const changed = new EventTarget();
let selected: ReadonlySet<string> = new Set(read());

/** The ids of the selected tenants. */
export function useSelection(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => selected);
}

/** Selects these tenants and no others. */
export function select(ids: Iterable<string>): void {
  selected = new Set([...ids].slice(0, selectedMax));
  sessionStorage.setItem(key, JSON.stringify([...selected]));
  changed.dispatchEvent(new Event("change"));
}

/** Selects the tenant, or does so no longer; false where that would be too many. */
export function toggle(id: string): boolean {
  if (selected.has(id)) {
    select([...selected].filter((each) => each !== id));
    return true;
  }
  if (selected.size >= selectedMax) return false;
  select([...selected, id]);
  return true;
}

function subscribe(listener: () => void): () => void {
  changed.addEventListener("change", listener);
  return () => changed.removeEventListener("change", listener);
}

function read(): string[] {
  try {
    const given: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(given) ? given.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}
