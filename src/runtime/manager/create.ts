import type { ServerAccess } from "../client/access.js";
import { inClusterAccess, isInCluster } from "../client/in-cluster.js";
import { kubeconfigAccess } from "../client/kubeconfig.js";
import type { LeaderElectionOptions } from "../leaderelection/elector.js";
import type { Logger } from "../logger.js";
import { LeadershipLostError, Manager, type ManagerOptions } from "./manager.js";

/** {@link ManagerOptions} with defaults for all but the name. */
export interface CreateManagerOptions extends Omit<ManagerOptions, "access" | "logger" | "version" | "leaderElection"> {
  /** Default: the pod's ServiceAccount in a cluster, else a kubeconfig. */
  readonly access?: ServerAccess;
  /** Use this kubeconfig, even in a cluster. Default outside a cluster: `$KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** The kubeconfig's context to use. Default: its current context. */
  readonly context?: string;
  /** Default: pino, JSON to stdout, level `info`. */
  readonly logger?: Logger;
  /** Default `0.0.0`. */
  readonly version?: string;
  /**
   * `{}`: on a Lease with the program's name in the namespace of the credentials. Absent: no election, and this process
   * leads. Only for a single replica: two would write at once.
   */
  readonly leaderElection?: Partial<LeaderElectionOptions>;
}

/**
 * A {@link Manager} with defaults for what programs rarely choose themselves. It sends nothing to the API server until it
 * is started.
 *
 * @throws Error if no credentials are found; the message says what is missing.
 *
 * @example
 * const manager = await createManager({ name: "website-operator", leaderElection: {} });
 * await runManager(manager);
 */
export async function createManager(options: CreateManagerOptions): Promise<Manager> {
  const { access: given, kubeconfig, context, logger, version = "0.0.0", leaderElection, ...rest } = options;
  const access = given ?? (await findAccess(kubeconfig, context));
  return new Manager({
    ...rest,
    access,
    version,
    logger: logger ?? (await defaultLogger()),
    ...(leaderElection !== undefined && {
      leaderElection: { namespace: access.namespace, name: options.name, ...leaderElection },
    }),
  });
}

async function findAccess(file: string | undefined, context: string | undefined): Promise<ServerAccess> {
  if (file === undefined && context === undefined && isInCluster()) return inClusterAccess();
  return kubeconfigAccess({ ...(file !== undefined && { file }), ...(context !== undefined && { context }) });
}

async function defaultLogger(): Promise<Logger> {
  // loaded only if the program brings no logger of its own
  const { pino } = await import("pino");
  const logger: Logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return logger;
}

/**
 * Runs a manager as a program, until SIGTERM or SIGINT; a second signal ends the process at once. Sets the exit code: 0
 * after a stop, 1 after a failure, 3 after a loss of leadership (restart the process). Never rejects.
 */
export async function runManager(manager: Manager): Promise<void> {
  const stop = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (stop.signal.aborted) process.exit(1);
    stop.abort(new Error(name));
  };
  process.on("SIGTERM", onSignal).on("SIGINT", onSignal);
  try {
    await manager.start(stop.signal);
  } catch (error) {
    manager.logger.error({ err: error }, "the manager failed");
    process.exitCode = error instanceof LeadershipLostError ? 3 : 1;
  } finally {
    process.off("SIGTERM", onSignal).off("SIGINT", onSignal);
  }
}
