// Every kind of operation that Hestia has. What stands here is run, taken over, listed, and killed at each of its steps by
// the tests.
import { deletion } from "./deletion.ts";
import { comparing } from "./drifting.ts";
import { archiving, purging, restoring, unarchiving } from "./ending.ts";
import type { OperationDefinition } from "./engine/kinds.ts";
import { checkingIsolation } from "./isolation-checking.ts";
import { bringUp } from "./migrating.ts";
import { provisioning } from "./provisioning.ts";
import { trying } from "./trying.ts";

/** Hestia's own kinds of operation. */
export const ownOperations: readonly OperationDefinition[] = [
  provisioning,
  deletion,
  archiving,
  restoring,
  unarchiving,
  purging,
  bringUp,
  trying,
  comparing,
  checkingIsolation,
];
