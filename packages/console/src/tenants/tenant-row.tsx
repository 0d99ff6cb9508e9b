// One tenant in the list: a row, or a card on a narrow screen. Only the active row has stops for the Tab key. It is made of
// plain elements where it can be: scrolling makes hundreds of rows a second.
import type { SetupView, TenantView } from "@hestia/api";
import { Badge, Tooltip } from "@mantine/core";
import { IconExternalLink } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { type MouseEvent, memo, type ReactNode } from "react";
import { formatAgo, formatTime } from "../shared/format.ts";
import { texts } from "../texts/index.ts";
import { gridRoles } from "./grid-roles.ts";
import { StatusBadge } from "./status-badge.tsx";
import styles from "./tenant-grid.module.css";
import { hostOf } from "./tenant-host.ts";

type TenantRowProps = {
  readonly tenant: TenantView;
  readonly index: number;
  readonly offset: number;
  readonly setup: SetupView | undefined;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  /** Told of the row, where its height depends on what it shows. */
  readonly measure: ((element: HTMLElement | null) => void) | undefined;
  onFocus(id: string): void;
  onOpen(tenant: TenantView): void;
  onSelect(id: string): void;
};

export const TenantRow = memo(function TenantRow(props: TenantRowProps): ReactNode {
  const { tenant, index, offset, isSelected, isActive, measure, onFocus, onOpen, onSelect } = props;
  const words = texts.tenants;
  const tabIndex = isActive ? 0 : -1;
  const open = ({ target }: MouseEvent<HTMLElement>) => {
    const isOwn = (target as HTMLElement).closest("a, button, input, label") === null;
    if (isOwn && window.getSelection()?.isCollapsed !== false) onOpen(tenant);
  };
  return (
    <tr
      {...gridRoles.row}
      className={styles.row}
      data-index={index}
      ref={measure}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      tabIndex={tabIndex}
      style={{ transform: `translateY(${offset}px)` }}
      onFocus={() => onFocus(tenant.id)}
      onClick={open}
    >
      <td {...gridRoles.cell} className={styles.select}>
        <input
          type="checkbox"
          className={styles.box}
          aria-label={words.select(tenant.name)}
          checked={isSelected}
          tabIndex={tabIndex}
          onChange={() => onSelect(tenant.id)}
        />
      </td>
      <td {...gridRoles.cell} className={styles.nameCell}>
        <Link
          to="/tenants/$tenantId"
          params={{ tenantId: tenant.id }}
          className={styles.name}
          tabIndex={tabIndex}
          preload={false}
        >
          {tenant.name}
        </Link>
        <span className={`${styles.slug} mono`}>{tenant.slug}</span>
      </td>
      <td {...gridRoles.cell} className={styles.statusCell}>
        <StatusCell tenant={tenant} />
      </td>
      <td {...gridRoles.cell} className={styles.isolationCell}>
        {words.isolation[tenant.isolation]}
        <span className={styles.label}> · {tenant.plan}</span>
      </td>
      <td {...gridRoles.cell} className={styles.planCell}>
        {tenant.plan}
      </td>
      <td {...gridRoles.cell} className={styles.hostCell}>
        <HostLink {...props} tabIndex={tabIndex} />
      </td>
      <td {...gridRoles.cell} className={styles.createdCell}>
        <time dateTime={tenant.createdAt} title={formatTime(tenant.createdAt)}>
          {formatAgo(tenant.createdAt)}
        </time>
      </td>
    </tr>
  );
});

function StatusCell({ tenant }: { tenant: TenantView }): ReactNode {
  const { statusReason, reviewDueAt, status } = tenant;
  return (
    <>
      {statusReason === undefined ? (
        <StatusBadge status={status} />
      ) : (
        <Tooltip label={statusReason} multiline maw={320}>
          <span>
            <StatusBadge status={status} />
          </span>
        </Tooltip>
      )}{" "}
      {reviewDueAt && (
        <Badge color="red" variant="outline" tt="none" size="sm">
          {texts.tenants.filters.reviewDue}
        </Badge>
      )}
    </>
  );
}

type HostLinkProps = Pick<TenantRowProps, "tenant" | "setup"> & { readonly tabIndex: number };

function HostLink({ tenant: { slug, status }, setup, tabIndex }: HostLinkProps): ReactNode {
  // Nothing answers for one that is purged.
  if (setup === undefined || status === "purged") return null;
  const { host, url } = hostOf(slug, setup);
  return (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer"
      tabIndex={tabIndex}
      className={styles.host}
      aria-label={texts.tenants.openHost(host)}
    >
      {host} <IconExternalLink size={13} style={{ verticalAlign: "-1px" }} aria-hidden />
    </a>
  );
}
