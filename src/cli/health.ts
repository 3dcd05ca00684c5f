import { Command, Option } from "commander";
import { operatorNames } from "../configuration/names.js";
import { configure } from "../configuration/parse.js";
import { hasArgo } from "../operations/argo.js";
import { ValidatingWebhookConfigurations } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import type { KubernetesObject } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { errorText } from "../runtime/error-text.js";
import { isObject } from "../runtime/schema/json.js";
import { inCluster } from "./cluster-access.js";
import { Deployments, operatorNamespace, readInForceReport } from "./cluster-configuration.js";
import { processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { withOperatorOptions } from "./operator-options.js";

interface Options {
  readonly server?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly output: "table" | "json";
}

/** One part of an installation. */
interface Part {
  readonly part: string;
  readonly ready: boolean;
  readonly message: string;
}

/**
 * `orchestrator health`: whether a server works, or whether the parts of an installation are ready. It changes nothing.
 *
 * Exit codes: 0 all are; 1 one is not, or the caller may not read it; 2 wrong usage, or nobody answers.
 */
export function healthCommand(io: CommandIo = processIo): Command {
  return withOperatorOptions(
    new Command("health")
      .description("check that a server works, or that a cluster's operator, webhooks and server are ready")
      .addOption(
        new Option("--server <url>", "URL of a server, such as http://orchestrator.orchestrator.svc").env(
          "ORCHESTRATOR_SERVER",
        ),
      ),
    "kubeconfig, without --server (default: as kubectl)",
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json"]).default("table"))
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => run(options, io)));
}

const examples = `
Exit codes: 0 everything is ready, 1 something is not, 2 wrong usage or nobody answers

Examples:
  orchestrator health                                     # the installation in the cluster of the kubeconfig
  orchestrator health --server http://127.0.0.1:8080      # one server
  orchestrator health -o json`;

async function run(options: Options, io: CommandIo): Promise<number> {
  const { server } = options;
  // an empty variable counts as unset
  if (server !== undefined && server !== "") return report([await ofServer(server)], options, io);
  return inCluster(options, io, async ({ client }) =>
    report(await installation(client, operatorNamespace(options)), options, io),
  );
}

function report(parts: readonly Part[], options: Options, io: CommandIo): number {
  const healthy = parts.every(({ ready }) => ready);
  if (options.output === "json") io.out(`${JSON.stringify({ healthy, parts }, null, 2)}\n`);
  else
    io.out(
      [
        { part: "PART", state: "STATE", message: "MESSAGE" },
        ...parts.map(({ ready, ...part }) => ({ ...part, state: ready ? "ready" : "not ready" })),
      ]
        .map(({ part, state, message }) => `${part.padEnd(8)}   ${state.padEnd(9)}   ${message}\n`)
        .join(""),
    );
  return healthy ? 0 : 1;
}

/** Milliseconds that a server may take. */
const timeout = 10_000;

async function ofServer(server: string): Promise<Part> {
  const part = "server";
  let response: Response;
  let text: string;
  try {
    // a path in the URL is kept, such as /api/v1, which earlier versions wanted
    response = await fetch(new URL("health", server.endsWith("/") ? server : `${server}/`), {
      signal: AbortSignal.timeout(timeout),
      redirect: "error",
    });
    text = await response.text();
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw new UsageError(`error: ${server} does not answer (${errorText(cause)}); check --server`);
  }
  const health = parsed(text);
  if (health === undefined)
    throw new UsageError(`error: ${server} is not a server of the orchestrator; check --server`);
  const { status, version, failing } = health;
  const reasons = Array.isArray(failing) ? failing.join("; ") : "";
  const ready = response.ok && status === "healthy";
  return { part, ready, message: ready ? `version ${String(version)}` : reasons || `answered with ${response.status}` };
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && typeof value.status === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}

async function installation(client: Client, namespace: string): Promise<Part[]> {
  return Promise.all([
    deployment(client, namespace, "manager", operatorNames.deployment),
    webhooks(client),
    deployment(client, namespace, "server", operatorNames.serverDeployment),
    argo(client, namespace),
  ]);
}

/** Plays as Workflows. Reports a caller that may not read the configuration. */
async function argo(client: Client, namespace: string): Promise<Part> {
  const part = "argo";
  const report = await readInForceReport(client, namespace);
  const isEnabled =
    report !== undefined && configure({ ...report, file: report.text }).configuration?.argo.enabled === true;
  if (!isEnabled) return { part, ready: true, message: "off (argo.enabled)" };
  const ready = await hasArgo(client);
  return {
    part,
    ready,
    message: ready
      ? "Argo Workflows are served"
      : "argo.enabled is true, but the cluster does not serve Argo Workflows",
  };
}

async function deployment(client: Client, namespace: string, part: string, name: string): Promise<Part> {
  const found = await unlessMissing(client.get(Deployments, { namespace, name }));
  if (found === undefined) return { part, ready: false, message: `Deployment ${namespace}/${name} does not exist` };
  const [wanted, ready] = [found.spec?.replicas ?? 1, found.status?.readyReplicas ?? 0];
  return { part, ready: ready > 0 && ready >= wanted, message: `${ready} of ${wanted} replicas are ready` };
}

/** discovery.k8s.io/v1 EndpointSlice: the fields in use. */
interface EndpointSlice extends KubernetesObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean } }[] | null;
}

const EndpointSlices = resourceType<EndpointSlice>({
  ...{ group: "discovery.k8s.io", version: "v1", kind: "EndpointSlice", plural: "endpointslices", namespaced: true },
});

async function webhooks(client: Client): Promise<Part> {
  const part = "webhooks";
  const name = "orchestrator";
  const found = await unlessMissing(client.get(ValidatingWebhookConfigurations, { name }));
  const config = found?.webhooks?.[0]?.clientConfig;
  if (config === undefined)
    return { part, ready: false, message: `ValidatingWebhookConfiguration ${name} does not exist` };
  if ((config.caBundle ?? "") === "") return { part, ready: false, message: "no CA is injected: no operator runs" };
  const { service } = config;
  if (service === undefined) return { part, ready: true, message: `served at ${config.url ?? ""}` };
  const labelSelector = `kubernetes.io/service-name=${service.name}`;
  const slices = await client.list(EndpointSlices, { namespace: service.namespace, labelSelector });
  const ready = slices.items
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  return { part, ready: ready.length > 0, message: `${ready.length} endpoints of Service ${service.name} are ready` };
}
