// What stands around every screen: where one can go, whether changes are heard of, who is signed in.
import {
  ActionIcon,
  AppShell,
  Burger,
  Button,
  Group,
  Kbd,
  NavLink,
  ScrollArea,
  Text,
  Tooltip,
  useMantineColorScheme,
} from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import {
  IconActivity,
  IconBuilding,
  IconDatabaseImport,
  IconHome,
  IconLayersSubtract,
  IconLogout,
  IconMoon,
  IconSearch,
  IconSettings,
  IconShieldCheck,
  IconSun,
  IconSunMoon,
  IconWebhook,
} from "@tabler/icons-react";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { texts } from "../texts/index.ts";
import { Live, useLiveness } from "./live.tsx";
import { signedOut } from "./queries.ts";
import { hadSession, signOut } from "./session.ts";

const Palette = lazy(() => import("./palette.tsx"));

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

const rooms = [
  { to: "/", label: texts.app.nav.fleet, icon: IconHome },
  { to: "/tenants", label: texts.app.nav.tenants, icon: IconBuilding },
  { to: "/plans", label: texts.app.nav.plans, icon: IconLayersSubtract },
  { to: "/operations", label: texts.app.nav.operations, icon: IconActivity },
  { to: "/migrations", label: texts.app.nav.migrations, icon: IconDatabaseImport },
  { to: "/isolation", label: texts.app.nav.isolation, icon: IconShieldCheck },
  { to: "/webhooks", label: texts.app.nav.webhooks, icon: IconWebhook },
  { to: "/settings", label: texts.app.nav.settings, icon: IconSettings },
] as const;

export function Shell(): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [palette, setPalette] = useState(false);
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEnding();
  useHotkeys([["mod+K", () => setPalette(true)]], []);
  return (
    <Live>
      <a className="skip-link" href="#content">
        {texts.app.skip}
      </a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 224, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        padding={{ base: "md", md: "xl" }}
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger
                opened={isOpen}
                onClick={toggle}
                hiddenFrom="sm"
                size="sm"
                aria-label={texts.app.nav.label}
              />
              <img src="/console/assets/hearth.svg" width={28} height={28} alt="" />
              <Text fw={700} visibleFrom="xs">
                {texts.app.name}
              </Text>
              <LiveMark />
            </Group>
            <Group gap="xs" wrap="nowrap">
              <Button
                variant="default"
                size="xs"
                leftSection={<IconSearch size={14} />}
                rightSection={
                  <Kbd size="xs">{texts.app.palette.keys[isApple ? "apple" : "others"]}</Kbd>
                }
                onClick={() => setPalette(true)}
                visibleFrom="xs"
              >
                {texts.app.palette.open}
              </Button>
              <ActionIcon
                hiddenFrom="xs"
                variant="default"
                size="lg"
                onClick={() => setPalette(true)}
                aria-label={texts.app.palette.open}
              >
                <IconSearch size={16} />
              </ActionIcon>
              <SchemeSwitch />
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="sm" aria-label={texts.app.nav.label}>
          <AppShell.Section grow component={ScrollArea}>
            {rooms.map(({ to, label, icon: Icon }) => (
              <NavLink
                key={to}
                component={Link}
                to={to}
                label={label}
                leftSection={<Icon size={18} stroke={1.7} />}
                onClick={close}
                active={to === "/" ? path === "/" : path.startsWith(to)}
                aria-current={
                  (to === "/" ? path === "/" : path.startsWith(to)) ? "page" : undefined
                }
              />
            ))}
          </AppShell.Section>
          <AppShell.Section>
            <SignOut />
          </AppShell.Section>
        </AppShell.Navbar>
        <AppShell.Main id="content" maw={1480}>
          <Outlet />
        </AppShell.Main>
      </AppShell>
      <Suspense>{palette && <Palette onClose={() => setPalette(false)} />}</Suspense>
    </Live>
  );
}

/** A session that ends leads to the door, and from there back to where one was. */
function useEnding(): void {
  const navigate = useNavigate();
  useEffect(() => {
    let isLeaving = false;
    const leave = () => {
      // Everything that the screen asks for is refused: the first refusal is enough.
      if (isLeaving) return;
      isLeaving = true;
      const { pathname, search } = window.location;
      const next = pathname.replace(/^\/console/, "") + search;
      const ended = hadSession() ? { ended: true as const } : {};
      void navigate({ to: "/sign-in", search: { next, ...ended }, replace: true });
    };
    signedOut.addEventListener("ended", leave);
    return () => signedOut.removeEventListener("ended", leave);
  }, [navigate]);
}

function LiveMark(): ReactNode {
  const liveness = useLiveness();
  const words = texts.app.live[liveness];
  const colour = { connecting: "gray", live: "teal", lost: "red" }[liveness];
  return (
    <Group gap={6} wrap="nowrap" role="status">
      <Tooltip label={words}>
        <span
          aria-hidden
          style={{
            width: 8,
            height: 8,
            borderRadius: 4,
            background: `var(--mantine-color-${colour}-6)`,
          }}
        />
      </Tooltip>
      <Text size="xs" c={liveness === "lost" ? undefined : "dimmed"}>
        {words}
      </Text>
    </Group>
  );
}

const schemes = ["auto", "light", "dark"] as const;

function SchemeSwitch(): ReactNode {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const words = texts.app.scheme;
  const Icon = { auto: IconSunMoon, light: IconSun, dark: IconMoon }[colorScheme];
  const next = schemes[(schemes.indexOf(colorScheme) + 1) % schemes.length] ?? "auto";
  const label = `${words.label}: ${words[colorScheme]}`;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        onClick={() => setColorScheme(next)}
        aria-label={label}
      >
        <Icon size={16} />
      </ActionIcon>
    </Tooltip>
  );
}

function SignOut(): ReactNode {
  return (
    <NavLink
      component="button"
      type="button"
      label={texts.app.signOut}
      leftSection={<IconLogout size={18} stroke={1.7} />}
      onClick={() => void signOut()}
    />
  );
}
