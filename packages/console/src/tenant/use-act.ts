// One change at the server: repeated with the same idempotency key while what is asked stays the same, so that a second
// press after a broken connection does not do it twice; what is shown is read again when it is done. What is done to a tenant is
// done to the one that was looked at: where it changed unheard, it is shown anew and nothing is done.
import { etagOf, type TenantView } from "@hestia/api";
import { isHestiaError, makeId, type OperationId } from "@hestia/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { isPassing } from "../app/queries.ts";

/** Sends `asked` by `send`; `onDone` hears the answer once what is shown is stale. `lookedAt`: the tenant it is done to. */
export function useAct<Asked, Answer>(
  send: (asked: Asked, options: { idempotencyKey: string; ifMatch?: string }) => Promise<Answer>,
  onDone?: (answer: Answer) => void,
  lookedAt?: TenantView,
) {
  const cache = useQueryClient();
  const last = useRef({ asked: "", key: "" });
  return useMutation({
    mutationFn: (asked: Asked) => {
      const text = JSON.stringify(asked ?? null);
      if (last.current.asked !== text || last.current.key === "")
        last.current = { asked: text, key: makeId<OperationId>(Date.now()) };
      const ifMatch = lookedAt && { ifMatch: etagOf(lookedAt) };
      return send(asked, { idempotencyKey: last.current.key, ...ifMatch });
    },
    onError: (error) => {
      // It was answered, and not done: asking again is another request.
      if (!isPassing(error)) last.current = { asked: "", key: "" };
      if (isHestiaError(error, "precondition_failed"))
        void cache.invalidateQueries({ queryKey: ["tenants"] });
    },
    onSuccess: (answer) => {
      last.current = { asked: "", key: "" };
      for (const key of ["tenants", "operations", "audit", "webhooks"])
        void cache.invalidateQueries({ queryKey: [key] });
      onDone?.(answer);
    },
  });
}
