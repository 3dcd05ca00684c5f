import type { Clock } from "../clock.js";
import type { Logger } from "../logger.js";
import type { RuntimeMetrics } from "../metrics/metrics.js";
import type { Converter } from "./conversion.js";
import type { AdmissionHandler } from "./review.js";

/** What a webhook server serves, and its limits. */
export interface WebhookServerOptions {
  /** Address to listen on. Default: all addresses, IPv6 too. */
  readonly host?: string;
  /** Default 9443; 0: any free port. */
  readonly port?: number;
  /** Handlers by path, for example `/validate-example-com-v1-website`; see {@link admissionHandlers}. */
  readonly handlers: ReadonlyMap<string, AdmissionHandler>;
  /** Converters by path, for example `/convert`. */
  readonly converters?: ReadonlyMap<string, Converter>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: RuntimeMetrics;
  /**
   * Bytes of one body; a larger one gets 413. An UPDATE carries the old and the new object, each of up to about 3 MiB
   * (the API server's own limit on a request): with less than twice that, valid requests fail. Default 7 MiB.
   */
  readonly maxBodyBytes?: number;
  /**
   * Lists and objects inside each other in one body; a deeper one gets 400 before it is parsed. What handlers do with an
   * object usually recurses, and at the end of the stack V8 may abort the process. Default 200.
   */
  readonly maxDepth?: number;
  /** Bytes of all bodies being read or handled; beyond them, requests get 429. Default 64 MiB. */
  readonly maxBytesInFlight?: number;
  /** Concurrent reviews; beyond them, requests get 429. Default 1,000. */
  readonly maxRequestsInFlight?: number;
  /**
   * Concurrent connections. Beyond them, one that has sent no valid review gives way to a new one; if there is none, the new
   * one is closed. Default 2,000.
   */
  readonly maxConnections?: number;
  /**
   * The same for one address (of IPv6, one /64 network). An API server opens a connection for each review that it waits for,
   * up to 600 by default, and several may be behind one address: with much less, reviews fail. Default: half of `maxConnections`.
   */
  readonly maxConnectionsPerSource?: number;
  /** Milliseconds within which a new connection must have sent a valid review; it is closed then. Default 15,000. */
  readonly strangerTimeout?: number;
  /**
   * Only clients with a certificate may call, signed by the authorities of `useClientAuthorities`. `names`: one of these must be
   * its common name or one of its DNS names; absent: any. Default: everybody may call.
   */
  readonly clientCertificates?: { readonly names?: readonly string[] };
  /** Milliseconds that a handler may take; must be less than the configuration's timeoutSeconds. Default 4,500. */
  readonly handlerTimeout?: number;
  /** Milliseconds for the TLS handshake, and for the headers of a request. Default 5,000. */
  readonly headersTimeout?: number;
  /** Milliseconds within which a whole request must arrive. Default 10,000: API servers wait for no longer than 30 s in all. */
  readonly requestTimeout?: number;
  /** Instrumentation scope of the spans. Default `controller-runtime`. */
  readonly tracerName?: string;
  /** Milliseconds after a stop until the connections of running requests are closed. Default 10,000. */
  readonly drainTimeout?: number;
}
