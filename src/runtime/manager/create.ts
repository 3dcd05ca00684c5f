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
  /** Use this kubeconfig, in a cluster too. Default outside: `$KUBECONFIG`, else `~/.kube/config`. */
  readonly kubeconfig?: string;
  /** Of the kubeconfig. Default: its current one. */
  readonly context?: string;
  /** Default: pino, JSON to stdout, level `info`. */
  readonly logger?: Logger;
  /** Default `0.0.0`. */
  readonly version?: string;
  /**
   * `{}`: on a Lease that is named like the program and lies in the namespace of the credentials. Absent: no election,
   * this process leads; only for a single replica.
   */
  readonly leaderElection?: Partial<LeaderElectionOptions>;
}

/**
 * A {@link Manager} with defaults for what a program seldom decides itself. Nothing is asked of the API server until it is
 * started.
 *
 * @throws Error where there are no credentials, with what is missing.
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
  // only who has no logger of their own needs it
  const { pino } = await import("pino");
  const logger: Logger = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime });
  return logger;
}

/**
 * Runs a manager as a program: until SIGTERM or SIGINT, of which a second one ends the process at once. The exit code is
 * 0 after a stop, 3 where leadership was lost (start it again), 1 where something failed.
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
