/** The source of `orchestrator config`: a file, or the ConfigMap in a cluster and its manager Deployment. */
import { errorText } from "../runtime/error-text.js";
import { InvalidArgumentError } from "commander";
import { isScalar, LineCounter, Scalar } from "yaml";
import { ConfigMaps } from "../runtime/client/builtin.js";
import { Forbidden, NotFound } from "../runtime/client/errors.js";
import { HttpClient } from "../runtime/client/http.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import type { KubernetesObject } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import type { FileName } from "../configuration/explain.js";
import type { Environment, Flag } from "../configuration/layers.js";
import { configurationKey, operatorNames } from "../configuration/names.js";
import { schema, schemaAt } from "../configuration/schema.js";
import { contentOf, parseFile, UsageError, type CommandIo } from "./io.js";

/** Options that select the source. */
export interface SourceOptions {
  readonly filename?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly set: readonly Flag[];
}

/** The text of a configuration, and the environment and flags that override it. */
export interface FoundConfiguration {
  readonly text: string;
  readonly name: FileName;
  readonly environment: Environment;
  readonly flags: readonly Flag[];
}

/**
 * Reads the configuration that the options select.
 *
 * @throws UsageError where the file or the cluster cannot be read.
 */
export async function findConfiguration(options: SourceOptions, io: CommandIo): Promise<FoundConfiguration> {
  if (options.filename === undefined) return fromCluster(options, io);
  const file = options.filename;
  const inFile = configurationIn(contentOf(file, io), file === "-" ? "<stdin>" : file);
  return { ...inFile, environment: process.env, flags: options.set };
}

/** The configuration in a file: the value of `config.yaml` in a ConfigMap manifest, otherwise the text itself. @throws UsageError */
export function configurationIn(text: string, file: string): { text: string; name: FileName } {
  const lines = new LineCounter();
  const documents = parseFile(file, text, { lineCounter: lines });
  for (const document of documents) {
    if (document.errors.length > 0 || document.get("kind") !== "ConfigMap") continue;
    const node = document.getIn(["data", configurationKey], true);
    if (!isScalar(node) || typeof node.value !== "string") continue;
    const isBlock = node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED;
    // the text of a block scalar begins on the line after its `|`
    const before = node.range && isBlock ? lines.linePos(node.range[0]).line : 0;
    return { text: node.value, name: { name: isBlock ? file : `${file} ${configurationKey}`, before } };
  }
  return { text, name: { name: file, before: 0 } };
}

interface Container {
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly args?: readonly string[];
}
interface Deployment extends KubernetesObject {
  readonly spec?: { readonly template: { readonly spec?: { readonly containers: readonly Container[] } } };
}
const Deployments = resourceType<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
});

async function fromCluster(options: SourceOptions, io: CommandIo): Promise<FoundConfiguration> {
  const namespace = options.namespace ?? process.env.KUBERNETES_NAMESPACE ?? "orchestrator";
  const key = { namespace, name: operatorNames.configuration };
  const access = await kubeconfigAccess({
    ...(options.kubeconfig !== undefined && { file: options.kubeconfig }),
    ...(options.context !== undefined && { context: options.context }),
  }).catch((error: unknown) => {
    throw new UsageError(`error: no access to a cluster: ${errorText(error)}; use -f FILE to read a file instead`);
  });
  const client = new HttpClient({ access, fieldManager: "orchestrator-cli" });
  try {
    const stored = await client.get(ConfigMaps, key).catch((error: unknown) => {
      if (error instanceof NotFound) return undefined;
      throw new UsageError(`error: ConfigMap ${namespace}/${key.name} can't be read: ${errorText(error)}`);
    });
    if (stored === undefined) io.err(`note: ConfigMap ${namespace}/${key.name} not found: using the defaults\n`);
    const manager = await client
      .get(Deployments, { namespace, name: operatorNames.deployment })
      .catch((error: unknown) => {
        if (error instanceof NotFound || error instanceof Forbidden) return undefined;
        throw new UsageError(
          `error: Deployment ${namespace}/${operatorNames.deployment} can't be read: ${errorText(error)}`,
        );
      });
    const container = manager?.spec?.template.spec?.containers[0];
    if (container === undefined)
      io.err(
        `note: Deployment ${namespace}/${operatorNames.deployment} not found or not readable: using the environment of this command\n`,
      );
    return {
      text: stored?.data?.[configurationKey] ?? "",
      name: { name: `ConfigMap ${namespace}/${key.name} ${configurationKey}`, before: 0 },
      environment: container === undefined ? process.env : environmentOf(container),
      flags: [...flagsOf(container?.args ?? []), ...options.set],
    };
  } finally {
    await client.close();
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

/** Parses the value of a `--set`, such as `job.backoffLimit=2`. */
function settingFlag(text: string): Flag {
  const [path = "", ...rest] = text.split("=");
  return { name: "--set", path, text: rest.join("=") };
}

/** Collects the values of `--set`. */
export function collectSetting(value: string, before: readonly Flag[]): readonly Flag[] {
  const flag = settingFlag(value);
  if (!value.includes("=")) throw new InvalidArgumentError("must be key=value, such as job.backoffLimit=2");
  if (schemaAt(flag.path.split(".")) === undefined)
    throw new InvalidArgumentError(`there is no key ${flag.path}; list all keys with orchestrator config list`);
  return [...before, flag];
}
