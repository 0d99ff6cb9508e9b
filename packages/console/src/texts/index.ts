// All that the console says, in one catalogue: a translation is another object of the same shape.
import { en } from "./en.ts";

/** The texts of the console. */
export type Texts = typeof en;

/** The texts in use. */
export const texts: Texts = en;

/** The language that dates and numbers are written in. */
export const locale = navigator.language;
