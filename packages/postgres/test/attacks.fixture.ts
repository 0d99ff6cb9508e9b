// The attacks, as data: who tries what, and which guards must be gone for it to succeed. A file a family.

import { asking } from "./attacks/asking.fixture.ts";
import { connecting } from "./attacks/connecting.fixture.ts";
import { counting } from "./attacks/counting.fixture.ts";
import { reading } from "./attacks/reading.fixture.ts";
import { sealing } from "./attacks/sealing.fixture.ts";
import { signalling } from "./attacks/signalling.fixture.ts";
import { switching } from "./attacks/switching.fixture.ts";
import { keyTheft, planting, wholeStatements } from "./attacks/whole-statements.fixture.ts";
import { writing } from "./attacks/writing.fixture.ts";
import type { Attack } from "./stage.fixture.ts";

/** Every attack. */
export const attacks: readonly Attack[] = [
  ...wholeStatements,
  keyTheft,
  ...planting,
  ...switching,
  ...reading,
  ...writing,
  ...asking,
  ...counting,
  ...signalling,
  ...sealing,
  ...connecting,
];
