// The tenant in log lines and in traces.
import { makeId, type TenantId } from "@hestia/core";
import { runWithTenant, type Tenant } from "@hestia/postgres";
import { context, propagation, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import pino from "pino";
import { describe, expect, test } from "vitest";
import { tenantMixin } from "./log.ts";
import { traceCarrier, traceTenant } from "./trace.ts";

const acme = { id: makeId<TenantId>(0), slug: "acme" } as Tenant;

test("a log line tells its tenant, and none where there is none", () => {
  const lines: string[] = [];
  const log = pino({ mixin: tenantMixin }, { write: (line) => void lines.push(line) });
  runWithTenant(acme, () => log.info({ order: 7 }, "placed"));
  log.info("started");
  const [placed, started] = lines.map((line) => JSON.parse(line));
  expect(placed).toMatchObject({ tenantId: acme.id, tenantSlug: "acme", order: 7, msg: "placed" });
  expect(started).not.toHaveProperty("tenantId");
});

describe("without an SDK", () => {
  test("tracing does nothing, and what it goes around is done", () => {
    expect(() => traceTenant(acme)).not.toThrow();
    expect(traceCarrier.inject()).toEqual({});
    expect(traceCarrier.run({ traceparent: "nonsense" }, () => "done")).toBe("done");
  });
});

describe("with an SDK", () => {
  const exporter = new InMemorySpanExporter();

  test("the active span tells the tenant, and a job's span belongs to the trace that sent it", () => {
    const provider = new NodeTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    });
    provider.register();
    const tracer = trace.getTracer("test");
    const fields = tracer.startActiveSpan("request", (span) => {
      traceTenant(acme);
      const injected = traceCarrier.inject();
      span.end();
      return injected;
    });
    expect(fields.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    traceCarrier.run(fields, () => tracer.startSpan("job").end());
    const [request, job] = exporter.getFinishedSpans();
    expect(request?.attributes).toEqual({ "tenant.id": acme.id, "tenant.slug": "acme" });
    expect(job?.spanContext().traceId).toBe(request?.spanContext().traceId);
    expect(job?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    trace.disable();
    context.disable();
    propagation.disable();
  });
});
