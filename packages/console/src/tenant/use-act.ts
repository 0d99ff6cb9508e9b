// One change at the server: repeated with the same idempotency key while what is asked stays the same, so that a second
// press after a broken connection does not do it twice; what is shown is read again when it is done.
import { makeId, type OperationId } from "@hestia/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { isPassing } from "../app/queries.ts";

/** Sends `asked` by `send`; `onDone` hears the answer once what is shown is stale. */
export function useAct<Asked, Answer>(
  send: (asked: Asked, options: { idempotencyKey: string }) => Promise<Answer>,
  onDone?: (answer: Answer) => void,
) {
  const cache = useQueryClient();
  const last = useRef({ asked: "", key: "" });
  return useMutation({
    mutationFn: (asked: Asked) => {
      const text = JSON.stringify(asked ?? null);
      if (last.current.asked !== text || last.current.key === "")
        last.current = { asked: text, key: makeId<OperationId>(Date.now()) };
      return send(asked, { idempotencyKey: last.current.key });
    },
    onError: (error) => {
      // It was answered, and not done: asking again is another request.
      if (!isPassing(error)) last.current = { asked: "", key: "" };
    },
    onSuccess: (answer) => {
      last.current = { asked: "", key: "" };
      for (const key of ["tenants", "operations", "audit", "webhooks"])
        void cache.invalidateQueries({ queryKey: [key] });
      onDone?.(answer);
    },
  });
}
