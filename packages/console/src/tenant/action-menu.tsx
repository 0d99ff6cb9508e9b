// What can be done with the tenant. What cannot be done now is there too, with why, so that nobody looks for it elsewhere.
import type { TenantView } from "@hestia/api";
import { Button, Menu, Text } from "@mantine/core";
import { IconChevronDown } from "@tabler/icons-react";
import { type ReactNode, useMemo } from "react";
import { useActions } from "../app/palette-actions.ts";
import { texts } from "../texts/index.ts";
import { firstOffer, type Offer, offersOf } from "./moves.ts";
import { useDialog } from "./room.ts";

export function ActionMenu({ tenant }: { tenant: TenantView }): ReactNode {
  const words = texts.tenant.actions;
  const { id, name, status } = tenant;
  const offers = useMemo(() => offersOf({ status }), [status]);
  useActions(
    useMemo(
      () =>
        offers
          .filter(({ why }) => why === undefined)
          .map(({ dialog, label }) => ({
            label: `${label}: ${name}`,
            to: `/tenants/${id}`,
            search: { do: dialog },
          })),
      [offers, id, name],
    ),
  );
  const open = useDialog();
  const first = offers.find(({ dialog }) => dialog === firstOffer(status));
  return (
    <>
      {first && (
        <Button variant="default" onClick={() => open(first.dialog)}>
          {first.label}
        </Button>
      )}
      <Menu position="bottom-end" withinPortal width={260} trapFocus>
        <Menu.Target>
          <Button rightSection={<IconChevronDown size={16} aria-hidden />}>{words.more}</Button>
        </Menu.Target>
        <Menu.Dropdown aria-label={words.label}>
          {offers.map((offer) => (
            <Item key={offer.dialog} offer={offer} onClick={() => open(offer.dialog)} />
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

// Reachable although it does nothing, since its reason is to be read.
function Item({ offer, onClick }: { offer: Offer; onClick: () => void }): ReactNode {
  const { label, why, isDangerous } = offer;
  if (why === undefined)
    return (
      <Menu.Item onClick={onClick} color={isDangerous ? "red" : undefined}>
        {label}
      </Menu.Item>
    );
  return (
    <Menu.Item aria-disabled closeMenuOnClick={false} style={{ cursor: "not-allowed" }}>
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      <Text size="xs" c="dimmed">
        {why}
      </Text>
    </Menu.Item>
  );
}
