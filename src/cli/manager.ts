import { Command, Option } from "commander";
import { createOperator, type OperatorOptions } from "../operator/operator.js";
import type { ServerAccess } from "../runtime/client/access.js";
import { inClusterAccess, isInCluster } from "../runtime/client/in-cluster.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import { defaultTimings, timingsProblem, type ElectionTimings } from "../runtime/leaderelection/timings.js";
import { LeadershipLostError } from "../runtime/manager/manager.js";
import type { Flag } from "../configuration/layers.js";
import { version } from "../version.js";
import { collectSetting } from "./config-source.js";
import { commaSeparated, emptyAs, portNumber, positiveInteger, repeatable, seconds } from "./options.js";
import { createLogger, logLevelOption, stopSignal } from "./service.js";
import { telemetryDirectoryOption, telemetryOf } from "./telemetry.js";

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
  readonly sinkKeysDir: string;
  readonly githubAppDir: string;
  readonly webhookClientCa?: string;
  readonly webhookClientName: readonly string[];
  readonly leaderElect: boolean;
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  readonly workers: number;
  readonly drainDelay: number;
  readonly metricsSecure: boolean;
  readonly metricsPort: number;
  readonly metricsCertDir?: string;
  readonly profiling: boolean;
  readonly set: readonly Flag[];
  readonly telemetryDir: string;
  readonly logLevel: string;
}

/**
 * `orchestrator manager`: runs the operator until SIGTERM or SIGINT.
 *
 * Exit codes: 0 stopped by a signal; 1 failed, with the reason in the log; 2 wrong usage; 3 lost leadership (start it
 * again).
 */
export function managerCommand(): Command {
  const command = new Command("manager").description(
    "run the operator: webhooks, caches and, on the leader, controllers",
  );
  addClusterOptions(command);
  addServerOptions(command);
  addElectionOptions(command);
  addOperationOptions(command);
  return command.action(async (flags: ManagerFlags) => {
    const election = electionOf(flags);
    if (flags.webhookClientCa === undefined && flags.webhookClientName.length > 0)
      command.error("error: --webhook-client-name needs --webhook-client-ca");
    const fault = timingsProblem(election, {
      leaseDuration: "--lease-duration",
      renewDeadline: "--renew-deadline",
      retryPeriod: "--retry-period",
    });
    if (fault !== undefined) command.error(`error: ${fault}`);
    await run(flags, election);
  });
}

function addClusterOptions(command: Command): void {
  command
    .option("--kubeconfig <file>", "kubeconfig (default: the pod's ServiceAccount in a cluster, else as kubectl)")
    .option("--context <name>", "context of the kubeconfig (default: the current one)")
    .option(
      "-n, --namespace <name>",
      "namespace of the operator's own objects (default: KUBERNETES_NAMESPACE, else the pod's namespace, else orchestrator)",
    )
    .addOption(
      new Option(
        "--watch-namespaces <names>",
        "namespaces whose runs this operator manages, comma-separated (default: all)",
      )
        .env("WATCH_NAMESPACES")
        .argParser(emptyAs<readonly string[] | undefined>(undefined, commaSeparated)),
    );
}

function addServerOptions(command: Command): void {
  command
    .addOption(
      new Option("--host <address>", "address for probes and metrics (default: all addresses, IPv4 and IPv6)")
        .env("SERVER_HOST")
        .argParser(emptyAs<string | undefined>(undefined, String)),
    )
    .addOption(
      new Option("--port <number>", "port for probes and metrics")
        .env("SERVER_PORT")
        .argParser(emptyAs(8080, portNumber))
        .default(8080),
    )
    .option("--webhook-host <address>", "address that webhooks listen on (default: all addresses, IPv4 and IPv6)")
    .option("--webhook-port <number>", "port that webhooks listen on", portNumber, 9443)
    .option(
      "--webhook-name <name>",
      "additional name or address in the webhooks' certificate; repeatable",
      repeatable,
      [],
    )
    .option(
      "--webhook-cert-dir <dir>",
      "directory with tls.crt and tls.key to serve, for example from cert-manager (default: issue and rotate our own)",
    )
    .option(
      "--webhook-client-ca <file>",
      "PEM file with authorities: only clients with a certificate of theirs may call the webhooks (default: any client may)",
    )
    .option(
      "--webhook-client-name <name>",
      "common or DNS name that the client's certificate must have; repeatable (default: any)",
      repeatable,
      [],
    )
    .option(
      "--metrics-secure",
      "serve /metrics over TLS at --metrics-port, to clients that may get that nonResourceURL, and not on the probe port",
      false,
    )
    .option("--metrics-port <number>", "port for metrics with --metrics-secure", portNumber, 8443)
    .option(
      "--metrics-cert-dir <dir>",
      "directory with tls.crt and tls.key for --metrics-secure (default: the webhooks' certificate)",
    )
    .option("--profiling", "serve /debug/pprof/ on the probe port, to clients that may get that nonResourceURL", false);
}

function addElectionOptions(command: Command): void {
  command
    .option("--no-leader-elect", "no leader election; safe only where no second manager can run")
    .option(
      "--lease-duration <seconds>",
      "seconds after the leader's last renewal until another replica may lead; must be the same on all replicas",
      seconds,
      defaultTimings.leaseDuration / 1000,
    )
    .option(
      "--renew-deadline <seconds>",
      "seconds after its last renewal at which a leader stops writing; must be less than --lease-duration",
      seconds,
      defaultTimings.renewDeadline / 1000,
    )
    .option(
      "--retry-period <seconds>",
      "seconds between attempts to acquire or renew the lease",
      seconds,
      defaultTimings.retryPeriod / 1000,
    );
}

function addOperationOptions(command: Command): void {
  command
    .option(
      "--sink-keys-dir <dir>",
      "directory with a file of signing keys for each sink of cloudEvents",
      "/etc/orchestrator/sink-keys",
    )
    .option(
      "--github-app-dir <dir>",
      "directory with app-id and private-key of the GitHub App that reads the repositories of Deliveries",
      "/etc/orchestrator/github-app",
    )
    .option("--workers <number>", "maximum concurrent reconciles per controller", positiveInteger, 10)
    .option(
      "--drain-delay <seconds>",
      "seconds between failing readiness and closing the webhooks",
      seconds,
      isInCluster() ? 5 : 0,
    )
    .option(
      "--set <key=value>",
      "configuration key to set, over environment and ConfigMap; repeatable",
      collectSetting,
      [],
    )
    .addOption(telemetryDirectoryOption())
    .addOption(logLevelOption());
}

function electionOf(flags: ManagerFlags): ElectionTimings {
  return {
    leaseDuration: flags.leaseDuration * 1000,
    renewDeadline: flags.renewDeadline * 1000,
    retryPeriod: flags.retryPeriod * 1000,
  };
}

async function run(flags: ManagerFlags, leaderElection: ElectionTimings): Promise<void> {
  const logger = createLogger(flags.logLevel, (line) => telemetry.line(line));
  const telemetry = telemetryOf("agent-orchestrator", flags.telemetryDir, logger);
  const stop = stopSignal(logger);
  try {
    const access = await accessOf(flags);
    const namespace =
      flags.namespace ?? process.env.KUBERNETES_NAMESPACE ?? (isInCluster() ? access.namespace : "orchestrator");
    const { manager, configuration } = createOperator({
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
        ...(flags.webhookClientCa !== undefined && {
          clientAuthorities: { file: flags.webhookClientCa, names: flags.webhookClientName },
        }),
      },
      profiling: flags.profiling,
      ...(flags.metricsSecure && { secureMetrics: secureMetricsOf(flags) }),
      flags: flags.set,
      ...(flags.leaderElect && { leaderElection }),
      workers: flags.workers,
      drainDelay: flags.drainDelay * 1000,
      sinkKeyDirectory: flags.sinkKeysDir,
      githubAppDirectory: flags.githubAppDir,
    });
    const exportTelemetry = (): Promise<void> =>
      telemetry.apply(configuration.current().telemetry.operator, manager.registry);
    await exportTelemetry();
    configuration.onChangeOf(
      ({ telemetry: { operator } }) => operator,
      () => void exportTelemetry(),
    );
    manager.events.subscribe(telemetry.event);
    await manager.start(stop);
  } catch (error) {
    logger.error({ err: error }, "the operator failed");
    process.exitCode = error instanceof LeadershipLostError ? 3 : 1;
  }
  await telemetry.stop();
  // a handle that is still open now is a leak, and must not keep the process alive
  logger.flush(() => process.exit());
}

function secureMetricsOf(flags: ManagerFlags): NonNullable<OperatorOptions["secureMetrics"]> {
  const { host, metricsPort, metricsCertDir } = flags;
  return {
    port: metricsPort,
    ...(host !== undefined && { host }),
    ...(metricsCertDir !== undefined && { certificates: metricsCertDir }),
  };
}

async function accessOf(flags: ManagerFlags): Promise<ServerAccess> {
  if (flags.kubeconfig === undefined && flags.context === undefined && isInCluster()) return inClusterAccess();
  return kubeconfigAccess({
    ...(flags.kubeconfig !== undefined && { file: flags.kubeconfig }),
    ...(flags.context !== undefined && { context: flags.context }),
  });
}
