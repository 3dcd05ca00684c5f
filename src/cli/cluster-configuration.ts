/** What is in force in a cluster: what the operator reports, or else what its ConfigMap and its Deployment would give. */
import { errorText } from "../runtime/error-text.js";
import { ConfigMaps, Leases } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { Forbidden, NotFound } from "../runtime/client/errors.js";
import type { KubernetesObject, ObjectKey, Stored } from "../runtime/client/objects.js";
import { resourceType, type ResourceType } from "../runtime/client/resource.js";
import { sleep, systemClock } from "../runtime/clock.js";
import { messageOf, readReport, standingOf, type InForceReport, type Standing } from "../configuration/in-force.js";
import type { Environment, Flag } from "../configuration/layers.js";
import { configurationKey, operatorNames } from "../configuration/names.js";
import { configure } from "../configuration/parse.js";
import { schema } from "../configuration/schema.js";
import { settingFlag, type FoundConfiguration, type SourceOptions } from "./config-source.js";
import { clientOf } from "./cluster-access.js";
import { UsageError, type CommandIo } from "./io.js";

type ClusterOptions = Pick<SourceOptions, "kubeconfig" | "context" | "namespace">;

/** Runs an action with a client of the cluster that the options select. @throws UsageError without access, as `clientOf` */
export async function withCluster<T>(
  options: ClusterOptions,
  action: (client: Client) => Promise<T>,
  otherwise?: string,
): Promise<T> {
  const client = await clientOf(options, otherwise);
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

/** Namespace of the operator. */
export function operatorNamespace({ namespace }: ClusterOptions): string {
  return namespace ?? process.env.KUBERNETES_NAMESPACE ?? "orchestrator";
}

/** @throws UsageError if the cluster cannot be read */
export function clusterConfiguration(options: SourceOptions, io: CommandIo): Promise<FoundConfiguration> {
  const namespace = operatorNamespace(options);
  const show = async (client: Client): Promise<FoundConfiguration> => {
    const reported = await reportedConfiguration(client, namespace);
    if (reported === undefined) return storedConfiguration(client, namespace, options.set, io);
    const { report, standing } = reported;
    await noteStoppedOperator(client, namespace, io);
    const isStored = standing === "inForce";
    const configMap = isStored ? operatorNames.configuration : operatorNames.inForce;
    if (!isStored) io.err(`error: ${whyNotInForce(reported, namespace)}\n`);
    return {
      configured: configure({
        file: report.text,
        environment: report.environment,
        flags: [...report.flags, ...options.set],
      }),
      name: { name: `ConfigMap ${namespace}/${configMap} ${configurationKey}`, before: 0 },
      inForce: { isStored, message: messageOf(report, namespace) },
    };
  };
  return withCluster(options, show, "; use -f FILE to read a file instead");
}

/** The operator's report; undefined if it has written none. @throws UsageError if it cannot be read */
export async function readInForceReport(
  client: Client,
  namespace: string,
  signal?: AbortSignal,
): Promise<InForceReport | undefined> {
  const stored = await read(client, ConfigMaps, { namespace, name: operatorNames.inForce }, { signal });
  return readReport(stored?.data);
}

interface Reported {
  readonly report: InForceReport;
  readonly standing: Standing;
  /** resourceVersion of the stored ConfigMap; absent if it does not exist. */
  readonly version?: string;
}

/** A change takes effect within a second: the operator gets that long before it counts as unread. */
async function reportedConfiguration(client: Client, namespace: string): Promise<Reported | undefined> {
  for (let attempt = 1; ; attempt++) {
    const report = await readInForceReport(client, namespace);
    if (report === undefined) return undefined;
    const stored = await read(client, ConfigMaps, { namespace, name: operatorNames.configuration });
    const standing = standingOf(report, stored?.data?.[configurationKey]);
    const version = stored?.metadata.resourceVersion;
    if (standing !== "unread" || attempt === 5) return { report, standing, ...(version !== undefined && { version }) };
    await sleep(systemClock, 400);
  }
}

function whyNotInForce({ report, standing, version }: Reported, namespace: string): string {
  if (standing === "refused") return messageOf(report, namespace);
  const stored = `ConfigMap ${namespace}/${operatorNames.configuration}`;
  const what = version === undefined ? `the deletion of ${stored}` : `${stored} (resourceVersion ${version})`;
  return `${what} is not in force: the operator has not read it; check that it is running. ${messageOf(report, namespace)}`;
}

/** Milliseconds beyond the duration of a Lease: clocks differ, and a new leader needs a moment. */
const leaseTolerance = 60_000;

async function noteStoppedOperator(client: Client, namespace: string, io: CommandIo): Promise<void> {
  const lease = await read(client, Leases, { namespace, name: operatorNames.lease }, { isOptional: true });
  const { renewTime, leaseDurationSeconds = 0 } = lease?.spec ?? {};
  const renewed = Date.parse(String(renewTime));
  if (Number.isNaN(renewed) || renewed + leaseDurationSeconds * 1000 + leaseTolerance > Date.now()) return;
  io.err(
    `warning: no operator has renewed Lease ${namespace}/${operatorNames.lease} since ${String(renewTime)}: this was in force then\n`,
  );
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly args?: readonly string[];
}
/** apps/v1 Deployment: the fields in use. */
export interface Deployment extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template: { readonly spec?: { readonly containers: readonly Container[] } };
  };
  readonly status?: { readonly readyReplicas?: number };
}
export const Deployments = resourceType<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
});

/** What the ConfigMap and the Deployment would give. */
async function storedConfiguration(
  client: Client,
  namespace: string,
  set: readonly Flag[],
  io: CommandIo,
): Promise<FoundConfiguration> {
  const key = { namespace, name: operatorNames.configuration };
  const stored = await read(client, ConfigMaps, key);
  io.err(
    `note: no operator has reported what is in force (ConfigMap ${namespace}/${operatorNames.inForce}): showing what ConfigMap ${namespace}/${key.name} would give\n`,
  );
  if (stored === undefined) io.err(`note: ConfigMap ${namespace}/${key.name} not found: using the defaults\n`);
  const deployment = { namespace, name: operatorNames.deployment };
  const manager = await read(client, Deployments, deployment, { isOptional: true });
  const container = manager?.spec?.template.spec?.containers[0];
  if (container === undefined)
    io.err(
      `note: Deployment ${namespace}/${deployment.name} not found or not readable: using the environment of this command\n`,
    );
  return {
    configured: configure({
      file: stored?.data?.[configurationKey] ?? "",
      environment: container === undefined ? process.env : environmentOf(container),
      flags: [...flagsOf(container?.args ?? []), ...set],
    }),
    name: { name: `ConfigMap ${namespace}/${key.name} ${configurationKey}`, before: 0 },
  };
}

interface ReadOptions {
  /** One that may not be read counts as absent. Default false. */
  readonly isOptional?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An object; undefined if it does not exist. @throws UsageError */
async function read<T extends KubernetesObject>(
  client: Client,
  type: ResourceType<T>,
  key: ObjectKey,
  { isOptional = false, signal }: ReadOptions = {},
): Promise<Stored<T> | undefined> {
  try {
    return await client.get(type, key, signal === undefined ? {} : { signal });
  } catch (error) {
    if (error instanceof NotFound || (isOptional && error instanceof Forbidden)) return undefined;
    throw new UsageError(`error: ${type.kind} ${key.namespace ?? ""}/${key.name} can't be read: ${errorText(error)}`);
  }
}

function environmentOf({ env = [] }: Container): Environment {
  return Object.fromEntries(env.map(({ name, value }) => [name, value]));
}

/** The manager's flags that set configuration keys. */
function flagsOf(args: readonly string[]): Flag[] {
  return args.flatMap((arg, index): Flag[] => {
    const [name = "", ...rest] = arg.split("=");
    const text = rest.length > 0 ? rest.join("=") : (args[index + 1] ?? "");
    if (name === "--set") return [settingFlag(text)];
    const path = schema["x-flags"][name];
    return path === undefined ? [] : [{ name, path, text }];
  });
}
