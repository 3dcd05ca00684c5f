/** What an operator is created with. */
import type { Flag } from "../configuration/layers.js";
import type { ServerAccess } from "../runtime/client/access.js";
import type { Clock } from "../runtime/clock.js";
import type { LeaderElectionOptions } from "../runtime/leaderelection/elector.js";
import type { Logger } from "../runtime/logger.js";

export interface OperatorOptions {
  readonly access: ServerAccess;
  readonly logger: Logger;
  readonly version: string;
  /** Namespace of the operator's own objects: Lease, certificates, configuration, templates. */
  readonly namespace: string;
  /** Namespaces whose runs it manages. Absent: all. */
  readonly watchNamespaces?: readonly string[];
  readonly probes: { readonly host?: string; readonly port: number };
  readonly webhooks: {
    readonly host?: string;
    /** 0: any free port. */
    readonly port: number;
    /** Names and addresses by which the API server calls, beside those of the Service. */
    readonly names: readonly string[];
    /** Directory of a certificate that someone else maintains. Absent: the operator maintains its own. */
    readonly certificates?: string;
    /** Only clients with a certificate of the authorities in `file` may call, with one of the names if there are any. */
    readonly clientAuthorities?: { readonly file: string; readonly names: readonly string[] };
  };
  /** Serves metrics over TLS to clients that are authorized, instead of beside the probes. */
  readonly secureMetrics?: {
    readonly host?: string;
    /** 0: any free port. */
    readonly port: number;
    /** Directory of a certificate that someone else maintains. Absent: that of the webhooks. */
    readonly certificates?: string;
  };
  /** Serves profiles beside the probes, to clients that are authorized. Default false. */
  readonly profiling?: boolean;
  /** Absent: no election. Only safe if no second manager can run. */
  readonly leaderElection?: Omit<LeaderElectionOptions, "namespace" | "name">;
  /** Concurrent reconciles of each kind. Default 10. */
  readonly workers?: number;
  /** Milliseconds between becoming unready and closing the webhook server: until then the API server may still call. */
  readonly drainDelay?: number;
  /** Directory with the keys that CloudEvents are signed with, a file for each sink. */
  readonly sinkKeyDirectory: string;
  /** Directory with `app-id` and `private-key` of the GitHub App that reads the repositories of Deliveries. */
  readonly githubAppDirectory: string;
  /** Default `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Configuration given on the command line; it overrides environment and file. */
  readonly flags?: readonly Flag[];
  readonly clock?: Clock;
  /** Freezes cached objects, so that a write to one throws. For tests. */
  readonly freezeCache?: boolean;
}
