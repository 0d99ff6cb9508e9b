// The shape of handlers, derived from the contract: one per route, with its checked input and its declared answers.
import type { ParsedInput, Route, RouteResult, Routes } from "@hestia/api";
import type { Static, TSchema } from "typebox";
import type { ContextOf } from "./context.ts";

/** What a handler answers with; header fields beside those that the contract implies. */
export type Answer<R extends Route> = RouteResult<R> & {
  readonly headers?: Readonly<Record<string, string>>;
};

/** One server-sent event; `id` is what a follower sends to continue after it. */
export type StreamEvent<Data> = { readonly id: string; readonly data: Data };

/** The handler of a route: an answer, or a stream of events where the contract says so. */
type Handler<R extends Route> = R extends { readonly events: infer Event extends TSchema }
  ? (
      context: ContextOf<R>,
      input: ParsedInput<R>,
    ) => Promise<AsyncIterable<StreamEvent<Static<Event>>>>
  : (context: ContextOf<R>, input: ParsedInput<R>) => Promise<Answer<R>>;

/** The handlers of a slice. */
export type Handlers<Slice extends Routes> = {
  readonly [Name in keyof Slice]: Handler<Slice[Name]>;
};
