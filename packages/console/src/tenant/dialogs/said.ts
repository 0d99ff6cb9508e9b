// What is said after a move: that it is done, and where its data database does not know of it yet, that too.
import { texts } from "../../texts/index.ts";

export function enforcement(done: string, status: number): string {
  return status === 202 ? `${done} ${texts.tenant.dialog.notYet}` : done;
}
