// What is about operators and the installation itself.
import { Stack } from "@mantine/core";
import { getRouteApi } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { Page } from "../shared/page.tsx";
import { texts } from "../texts/index.ts";
import { AboutCard } from "./about-card.tsx";
import { KeysCard } from "./keys-card.tsx";
import { NewKeyDialog } from "./new-key-dialog.tsx";
import { RevokeDialog } from "./revoke-dialog.tsx";
import type { SettingsSearch } from "./search.ts";
import { SessionsCard } from "./sessions-card.tsx";
import { SignOutDialog } from "./sign-out-dialog.tsx";

const route = getRouteApi("/inside/settings");

export function SettingsPage(): ReactNode {
  const { do: dialog, key } = route.useSearch();
  const navigate = route.useNavigate();
  const open = (search: SettingsSearch) => void navigate({ search });
  const close = () => open({});
  return (
    <Page title={texts.settings.title}>
      <Stack gap="lg">
        <KeysCard
          onCreate={() => open({ do: "new-key" })}
          onRevoke={(id) => open({ do: "revoke", key: id })}
        />
        <SessionsCard onSignOut={() => open({ do: "sign-out" })} />
        <AboutCard />
      </Stack>
      <NewKeyDialog isOpen={dialog === "new-key"} onClose={close} />
      <RevokeDialog keyId={dialog === "revoke" ? key : undefined} onClose={close} />
      <SignOutDialog isOpen={dialog === "sign-out"} onClose={close} />
    </Page>
  );
}
