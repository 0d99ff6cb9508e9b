// The command palette: reaches every page, tenant and action by its name.
import { createSpotlight, Spotlight, type SpotlightActionData } from "@mantine/spotlight";
import "@mantine/spotlight/styles.css";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect, useState } from "react";
import { texts } from "../texts/index.ts";
import { client } from "./client.ts";
import { currentActions, type PaletteAction, pages } from "./palette-actions.ts";

const [store, spotlight] = createSpotlight();

export default function Palette({ onClose }: { onClose: () => void }): ReactNode {
  const words = texts.app.palette;
  const navigate = useNavigate();
  const [query, setQuery] = useState("");
  const [asked] = useDebouncedValue(query.trim(), 120);
  const found = useQuery({
    queryKey: ["tenants", "palette", asked],
    queryFn: ({ signal }) => client.tenants.list({ q: asked, limit: 8 }, { signal }),
    enabled: asked !== "",
  });
  useEffect(() => spotlight.open(), []);
  // What was chosen as one typed may be gone when the tenants come, and Enter would do nothing.
  useEffect(() => {
    if (!found.data || document.querySelector("[data-action][data-selected]")) return;
    document.querySelector("[data-action]")?.setAttribute("data-selected", "true");
    store.updateState((state) => ({ ...state, selected: 0 }));
  }, [found.data]);
  const isAsking = query.trim() !== asked || found.isLoading;
  const go = (to: string, search?: PaletteAction["search"]) => () =>
    void navigate({ to, ...(search ? { search: search as never } : {}) });
  const matches = ({ label }: { label: string }) =>
    label.toLowerCase().includes(query.trim().toLowerCase());
  const asAction = ({ label, to, search }: PaletteAction): SpotlightActionData => ({
    id: to + label,
    label,
    onClick: go(to, search),
  });
  const tenants = (found.data?.items ?? []).map(({ id, name, slug }) => ({
    id,
    label: name,
    description: slug,
    onClick: go(`/tenants/${id}`),
  }));
  const groups = [
    { group: words.tenants, actions: tenants },
    { group: words.pages, actions: pages.filter(matches).map(asAction) },
    { group: words.actions, actions: currentActions().filter(matches).map(asAction) },
  ].filter((each) => each.actions.length > 0);
  return (
    <Spotlight
      store={store}
      actions={groups}
      query={query}
      onQueryChange={setQuery}
      filter={(_, given) => given}
      nothingFound={isAsking ? words.asking : (found.error?.message ?? words.nothing)}
      shortcut={null}
      highlightQuery
      onSpotlightClose={onClose}
      attributes={{ content: { "aria-label": texts.app.palette.open } }}
      searchProps={{ placeholder: words.placeholder, "aria-label": words.placeholder }}
    />
  );
}
