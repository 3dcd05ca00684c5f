import { Command, InvalidArgumentError, Option } from "commander";
import { pino } from "pino";
import { createOperator } from "../operator/operator.js";
import type { ServerAccess } from "../runtime/client/access.js";
import { inClusterAccess, isInCluster } from "../runtime/client/in-cluster.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import { defaultTimings, timingsProblem, type ElectionTimings } from "../runtime/leaderelection/timings.js";
import { LeadershipLostError } from "../runtime/manager/manager.js";
import { startTracing } from "../runtime/tracing/export.js";
import type { Flag } from "../configuration/layers.js";
import { version } from "../version.js";
import { collectSetting } from "./config-source.js";

interface ManagerFlags {
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly watchNamespaces?: readonly string[];
  readonly host?: string;
  readonly port: number;
  readonly webhookHost?: string;
  readonly webhookPort: number;
  readonly webhookName: readonly string[];
  readonly webhookCertDir?: string;
  readonly leaderElect: boolean;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly workers: number;
  readonly drainDelay: number;
  readonly profiling: boolean;
  readonly set: readonly Flag[];
  readonly logLevel: string;
}

const levels = ["trace", "debug", "info", "warn", "error"];

/**
 * `orchestrator manager`: the operator itself, until SIGTERM or SIGINT.
 *
 * Exit codes: 0 stopped as asked; 1 failed, the log says why; 2 called wrongly; 3 leadership was lost (start it again).
 */
export function managerCommand(): Command {
  return new Command("manager")
    .description("run the operator: webhooks, caches and, as the leader, the controllers")
    .option("--kubeconfig <file>", "default: the pod's ServiceAccount in a cluster, else as kubectl")
    .option("--context <name>", "of the kubeconfig")
    .option(
      "-n, --namespace <name>",
      "of the operator's own objects; default: KUBERNETES_NAMESPACE, else that of the credentials in a cluster, else orchestrator",
    )
    .option(
      "--watch-namespaces <names>",
      "look after runs in these namespaces only, comma-separated; default: all",
      list,
    )
    .addOption(
      new Option("--host <address>", "of probes and metrics; default: all, IPv6 too")
        .env("SERVER_HOST")
        .argParser(orDefault<string | undefined>(undefined, String)),
    )
    .addOption(
      new Option("--port <number>", "of probes and metrics")
        .env("SERVER_PORT")
        .argParser(orDefault(8080, port))
        .default(8080),
    )
    .option("--webhook-host <address>", "that webhooks listen on; default: all, IPv6 too")
    .option("--webhook-port <number>", "that webhooks listen on", port, 9443)
    .option("--webhook-name <name>", "further name or address in the webhooks' certificate; repeatable", collect, [])
    .option(
      "--webhook-cert-dir <dir>",
      "serve tls.crt and tls.key from there, kept by cert-manager for instance; default: make and renew our own",
    )
    .option("--no-leader-elect", "don't wait for the lease: only where no second manager can run")
    .option(
      "--lease-duration <seconds>",
      "that others wait after the leader's last renewal before one of them leads; the same for all replicas",
      seconds,
      defaultTimings.leaseDuration / 1000,
    )
    .option(
      "--renew-deadline <seconds>",
      "after its last renewal in which a leader stops writing; shorter than the lease",
      seconds,
      defaultTimings.renewDeadline / 1000,
    )
    .option("--retry-period <seconds>", "between tries to lead or to renew", seconds, defaultTimings.retryPeriod / 1000)
    .option("--workers <number>", "reconciles at once", atLeastOne, 10)
    .option(
      "--drain-delay <seconds>",
      "between not being ready and closing the webhooks",
      seconds,
      isInCluster() ? 5 : 0,
    )
    .option("--set <key=value>", "a setting, over environment and ConfigMap; repeatable", collectSetting, [])
    .option("--profiling", "serve /debug/pprof/ beside the probes, to those who may get that nonResourceURL", false)
    .addOption(
      new Option("--log-level <level>", levels.join(", "))
        .env("LOG_LEVEL")
        .argParser(orDefault("info", level))
        .default("info"),
    )
    .action(async (flags: ManagerFlags, command: Command) => {
      const election = electionOf(flags);
      const problem = timingsProblem(election, {
        leaseDuration: "--lease-duration",
        renewDeadline: "--renew-deadline",
        retryPeriod: "--retry-period",
      });
      if (problem !== undefined) command.error(`error: ${problem}`);
      await run(flags, election);
    });
}

function electionOf(flags: ManagerFlags): ElectionTimings {
  return {
    leaseDuration: flags.leaseDuration * 1000,
    renewDeadline: flags.renewDeadline * 1000,
    retryPeriod: flags.retryPeriod * 1000,
  };
}

async function run(flags: ManagerFlags, leaderElection: ElectionTimings): Promise<void> {
  const logger = pino({
    level: flags.logLevel,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
    redact: ["token", "authorization", "*.token", "*.authorization", "password", "*.password"],
  });
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.once(name, () => {
      logger.info({ signal: name }, "stopping; once more to stop at once");
      stop.abort(new Error(name));
      process.once(name, () => process.exit(1));
    });
  }
  const tracing = await startTracing({ name: "agent-orchestrator", version, logger });
  try {
    const access = await accessOf(flags);
    const namespace =
      flags.namespace ?? process.env.KUBERNETES_NAMESPACE ?? (isInCluster() ? access.namespace : "orchestrator");
    const { manager } = createOperator({
      access,
      logger,
      version,
      namespace,
      ...(flags.watchNamespaces !== undefined && { watchNamespaces: flags.watchNamespaces }),
      probes: { ...(flags.host !== undefined && { host: flags.host }), port: flags.port },
      webhooks: {
        ...(flags.webhookHost !== undefined && { host: flags.webhookHost }),
        port: flags.webhookPort,
        names: flags.webhookName,
        ...(flags.webhookCertDir !== undefined && { certificates: flags.webhookCertDir }),
      },
      profiling: flags.profiling,
      flags: flags.set,
      ...(flags.leaderElect && { leaderElection }),
      workers: flags.workers,
      drainDelay: flags.drainDelay * 1000,
    });
    await manager.start(stop.signal);
  } catch (error) {
    logger.error({ err: error }, "the operator failed");
    process.exitCode = error instanceof LeadershipLostError ? 3 : 1;
  }
  await tracing?.stop();
  // what still holds the process open now is a leak; the work is over
  logger.flush(() => process.exit());
}

async function accessOf(flags: ManagerFlags): Promise<ServerAccess> {
  if (flags.kubeconfig === undefined && flags.context === undefined && isInCluster()) return inClusterAccess();
  return kubeconfigAccess({
    ...(flags.kubeconfig !== undefined && { file: flags.kubeconfig }),
    ...(flags.context !== undefined && { context: flags.context }),
  });
}

/** What of an error goes into the log: no request bodies, no headers. */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...(error.cause instanceof Error && { cause: error.cause.message }),
  };
}

/** A variable that is empty counts as absent. */
function orDefault<T>(absent: T, read: (value: string) => T): (value: string) => T {
  return (value) => (value === "" ? absent : read(value));
}

function level(value: string): string {
  if (!levels.includes(value)) throw new InvalidArgumentError(`one of ${levels.join(", ")}`);
  return value;
}

function port(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0 || number > 65_535) throw new InvalidArgumentError("a port is 0..65535");
  return number;
}

function atLeastOne(value: string): number {
  const number = Number(value);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError("a whole number from 1 on");
  return number;
}

function seconds(value: string): number {
  const number = Number(value);
  if (!Number.isFinite(number) || number < 0) throw new InvalidArgumentError("seconds, not negative");
  return number;
}

function list(value: string): string[] {
  return value
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}
