/** One line of the log and the metrics of each request. Neither has bodies, tokens, or the values of a query. */
import type Koa from "koa";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { ServerMetrics } from "./metrics.js";

export interface ObserveOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
}

/** Observes a request until its answer, or the beginning of its stream. The route is that of the document: paths may be anything. */
export function observeRequest({ clock, logger, metrics }: ObserveOptions): Koa.Middleware {
  return async (context, next) => {
    const started = clock.monotonic();
    const { method } = context;
    context.res.once("close", () => {
      const { route = "none", parameters = [] } = context.state as { route?: string; parameters?: string[] };
      const seconds = (clock.monotonic() - started) / 1000;
      const { statusCode, headersSent } = context.res;
      // nginx' code for a caller that left before it had an answer
      const code = headersSent ? statusCode : 499;
      const known = knownMethods.has(method) ? method : "other";
      metrics.requestsTotal.inc({ route, method: known, code: String(code) });
      if (context.respond !== false) metrics.requestSeconds.observe({ route, method: known }, seconds);
      const { params } = context as { params?: { namespace?: string; name?: string } };
      const fields = {
        ...{ method: known, route, code, milliseconds: Math.round(seconds * 1000), parameters },
        ...(code < 400 && params?.namespace !== undefined && { namespace: params.namespace, name: params.name }),
        remote: context.req.socket.remoteAddress,
      };
      if (quietRoutes.has(route)) logger.debug(fields, "request");
      else logger.info(fields, "request");
    });
    await next();
  };
}

const knownMethods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** What the kubelet and Prometheus request all the time. */
const quietRoutes = new Set(["/healthz", "/readyz", "/health", "/metrics"]);
