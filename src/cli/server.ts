import { Command, Option } from "commander";
import type { Middleware } from "koa";
import { Registry } from "prom-client";
import { openStore } from "../archive/open-store.js";
import { CallerClients } from "../server/caller-clients.js";
import { createApp, defaultLimits, type AppLimits } from "../server/app.js";
import { inClusterConnection, kubeconfigConnection, mountedAuthorities } from "../server/api-server.js";
import { callerKey } from "../server/credentials.js";
import type { Configuration } from "../configuration/configuration.js";
import { githubSource } from "../server/github-receiver.js";
import { grafanaSource } from "../server/grafana-receiver.js";
import { ReceiverMetrics, receiveWebhooks, type WebhookSource } from "../server/webhook-receiver.js";
import { ReceiverToken } from "../deliveries/receiver-token.js";
import { WebhookSecrets } from "../deliveries/webhook-secrets.js";
import { readPage, servePage } from "../server/page.js";
import { NewCallers } from "../server/new-callers.js";
import { RestServer } from "../server/rest-server.js";
import { serveSession, sessionToken } from "../server/session.js";
import { caller } from "../operations/caller.js";
import { isInCluster } from "../runtime/client/in-cluster.js";
import { systemClock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { collectProcessMetrics } from "../runtime/metrics/observers.js";
import { version } from "../version.js";
import { readMountedConfiguration } from "./mounted-configuration.js";
import { emptyAs, portNumber, positiveInteger, seconds } from "./options.js";
import { createLogger, logLevelOption, stopSignal } from "./service.js";
import { telemetryDirectoryOption, telemetryOf } from "./telemetry.js";

interface ServerFlags {
  readonly host?: string;
  readonly port: number;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly apiServerCa: string;
  readonly namespace: string;
  readonly tlsCertDir?: string;
  readonly rate: number;
  readonly burst: number;
  readonly streamsPerCaller: number;
  readonly streams: number;
  readonly maxStreamAge?: number;
  readonly drainDelay: number;
  readonly config?: string;
  readonly webhookSecretsDir: string;
  readonly grafanaSecretsDir: string;
  readonly webhookTokenFile: string;
  readonly telemetryDir: string;
  readonly logLevel: string;
}

/**
 * `orchestrator server`: serves the REST API and the page until SIGTERM or SIGINT. Each request is made with the credentials of its
 * caller; only webhooks are stored with a token of its own.
 *
 * Exit codes: 0 stopped by a signal; 1 failed, with the reason in the log; 2 wrong usage.
 */
export function serverCommand(): Command {
  const command = new Command("server")
    .description("serve the REST API and the page, with the rights of each caller")
    .addOption(
      new Option("--host <address>", "address to listen on (default: all addresses, IPv4 and IPv6)")
        .env("SERVER_HOST")
        .argParser(emptyAs<string | undefined>(undefined, String)),
    )
    .addOption(
      new Option("--port <number>", "port to listen on")
        .env("SERVER_PORT")
        .argParser(emptyAs(8080, portNumber))
        .default(8080),
    )
    .addOption(
      new Option("-n, --namespace <name>", "namespace where /api/v1/pm looks unless a request names one")
        .env("KUBERNETES_NAMESPACE")
        .argParser(emptyAs("orchestrator", String))
        .default("orchestrator"),
    )
    .option(
      "--tls-cert-dir <dir>",
      "directory with tls.crt and tls.key, followed when they change (default: plain HTTP)",
    )
    .option(
      "--kubeconfig <file>",
      "kubeconfig for the address and CA of the API server; its credentials are not used (default: the cluster of the pod, else as kubectl)",
    )
    .option("--context <name>", "context of the kubeconfig (default: the current one)")
    .option("--api-server-ca <file>", "PEM file with the CA of the API server, in a cluster", mountedAuthorities);
  addLimits(command);
  return command.addHelpText("after", examples).action((flags: ServerFlags) => run(flags));
}

const examples = `
Examples:
  orchestrator server --host 127.0.0.1              # in front of the cluster of the kubeconfig
  orchestrator server --tls-cert-dir /tls --port 8443
  curl -H "Authorization: Bearer $(kubectl create token ci)" http://127.0.0.1:8080/api/v1/me`;

function addLimits(command: Command): void {
  const { rate, burst, perCaller, total } = defaultLimits;
  command
    .option("--rate <number>", "requests per second of one caller, over time", positiveInteger, rate)
    .option("--burst <number>", "requests of one caller at once", positiveInteger, burst)
    .option("--streams-per-caller <number>", "open streams of one caller", positiveInteger, perCaller)
    .option("--streams <number>", "open streams of all callers", positiveInteger, total)
    .option(
      "--max-stream-age <seconds>",
      "seconds after which a stream ends, for its caller to open it again (default: no limit)",
      seconds,
    )
    .option(
      "--drain-delay <seconds>",
      "seconds between failing readiness and refusing connections",
      seconds,
      isInCluster() ? 5 : 0,
    )
    .option(
      "--config <file>",
      "config.yaml, its ConfigMap or Helm values, of which telemetry.operator, history.archive and github.webhook are read, at the start (default: OTEL_* variables alone, no archive, no webhooks)",
    )
    .option(
      "--webhook-secrets-dir <dir>",
      "directory with the secrets of the GitHub webhook, one per file, followed when they change",
      "/etc/orchestrator/github-webhook",
    )
    .option(
      "--grafana-secrets-dir <dir>",
      "directory with the secrets of the Grafana webhook, one per file, followed when they change",
      "/etc/orchestrator/grafana-webhook",
    )
    .option(
      "--webhook-token-file <file>",
      "file with the token that may create Deliveries, and is used for nothing else",
      "/var/run/secrets/orchestrator/receiver/token",
    )
    .addOption(telemetryDirectoryOption())
    .addOption(logLevelOption());
}

function limitsOf({ rate, burst, streamsPerCaller, streams, maxStreamAge }: ServerFlags): Partial<AppLimits> {
  return {
    ...{ rate, burst, perCaller: streamsPerCaller, total: streams },
    ...(maxStreamAge !== undefined && { longest: maxStreamAge * 1000 }),
  };
}

/** Receives webhooks with a token of its own: those who send them have none of the cluster. */
function receiversOf(
  { namespace, webhookSecretsDir, grafanaSecretsDir, webhookTokenFile }: ServerFlags,
  { enabled, grafana }: Configuration["github"]["webhook"],
  clients: CallerClients,
  logger: Logger,
  registry: Registry,
): Middleware[] {
  if (!enabled) return [];
  const clock = systemClock;
  const token = new ReceiverToken(webhookTokenFile, clock);
  const metrics = new ReceiverMetrics(registry);
  const receiver = <Head>(source: WebhookSource<Head>, directory: string): Middleware => {
    const secrets = new WebhookSecrets({ directory, clock, logger });
    return receiveWebhooks(source, {
      ...{ namespace, clock, logger, metrics },
      secrets: () => secrets.current(),
      client: async (refresh) => clients.of(await token.current(refresh)),
    });
  };
  return [
    receiver(githubSource, webhookSecretsDir),
    ...(grafana ? [receiver(grafanaSource(clock), grafanaSecretsDir)] : []),
  ];
}

async function run(flags: ServerFlags): Promise<void> {
  const logger = createLogger(flags.logLevel, (line) => telemetry.line(line));
  const telemetry = telemetryOf("agent-orchestrator-server", flags.telemetryDir, logger);
  const stop = stopSignal(logger);
  try {
    const configuration = await readMountedConfiguration(flags.config);
    const archive = openStore(configuration.history.archive);
    const { kubeconfig: file, context } = flags;
    const connection =
      file === undefined && context === undefined && isInCluster()
        ? await inClusterConnection(flags.apiServerCa, systemClock)
        : await kubeconfigConnection({
            ...(file !== undefined && { file }),
            ...(context !== undefined && { context }),
          });
    const registry = new Registry();
    collectProcessMetrics(registry);
    await telemetry.apply(configuration.telemetry.operator, registry);
    const clients = new CallerClients({ connection });
    const newCallers = new NewCallers(systemClock);
    const app = createApp({
      ...{ namespace: flags.namespace, version, clock: systemClock, logger, registry },
      newCallers,
      ...(archive && { archive }),
      before: [
        ...receiversOf(flags, configuration.github.webhook, clients, logger, registry),
        serveSession((token, signal) => caller(clients.of(token), signal), newCallers),
        servePage(readPage()),
      ],
      limits: limitsOf(flags),
      callerOf: (request, onWarning) => {
        const token = sessionToken(request);
        return token === undefined ? undefined : { key: callerKey(token), client: clients.of(token, onWarning) };
      },
    });
    const server = new RestServer({
      ...{ app, port: flags.port, clock: systemClock, logger, drainDelay: flags.drainDelay * 1000 },
      maxConnections: flags.streams + 1_000,
      ...(flags.host !== undefined && { host: flags.host }),
      ...(flags.tlsCertDir !== undefined && { certificates: flags.tlsCertDir }),
    });
    await server.run(stop);
    await clients.close();
  } catch (error) {
    logger.error({ err: error }, "the server failed");
    process.exitCode = 1;
  }
  await telemetry.stop();
  logger.flush(() => process.exit());
}
