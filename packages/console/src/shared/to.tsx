// Links to other screens, with their addresses checked by the router's types.
import { Anchor, type AnchorProps, Button, type ButtonProps } from "@mantine/core";
import { createLink } from "@tanstack/react-router";
import type { AnchorHTMLAttributes, ReactNode, Ref } from "react";

type Native = Omit<
  AnchorHTMLAttributes<HTMLAnchorElement>,
  keyof AnchorProps | keyof ButtonProps
> & {
  ref?: Ref<HTMLAnchorElement>;
};

/** A link in a text. */
export const ToAnchor = createLink(
  (props: AnchorProps & Native): ReactNode => (
    <Anchor inherit={props.size === undefined} {...props} />
  ),
);

/** A link that looks like a button. */
export const ToButton = createLink(
  (props: ButtonProps & Native): ReactNode => <Button component="a" {...props} />,
);
