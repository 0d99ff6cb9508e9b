// The further pages of a list.
import { Button, Center } from "@mantine/core";
import type { ReactNode } from "react";
import { texts } from "../texts/index.ts";

export function More({
  found,
}: {
  found: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
}): ReactNode {
  if (!found.hasNextPage) return null;
  return (
    <Center>
      <Button
        variant="default"
        loading={found.isFetchingNextPage}
        onClick={() => found.fetchNextPage()}
      >
        {texts.app.more}
      </Button>
    </Center>
  );
}
