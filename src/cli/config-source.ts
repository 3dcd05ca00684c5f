/** The source of `orchestrator config`: a file, or a cluster. */
import { InvalidArgumentError } from "commander";
import { isScalar, LineCounter, Scalar } from "yaml";
import type { FileName } from "../configuration/explain.js";
import type { Environment, Flag } from "../configuration/layers.js";
import { configurationKey } from "../configuration/names.js";
import { schemaAt } from "../configuration/schema.js";
import { suggestedKey } from "../configuration/validation.js";
import { contentOf, parseFile, type CommandIo } from "./io.js";

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
  /** Present if the operator reports that this is in force. */
  readonly inForce?: {
    /** Whether it is what the ConfigMap holds now. */
    readonly isStored: boolean;
    /** What is in force, since when, and what is not. */
    readonly message: string;
  };
}

/**
 * Reads the configuration that the options select.
 *
 * @throws UsageError where the file or the cluster cannot be read.
 */
export async function findConfiguration(options: SourceOptions, io: CommandIo): Promise<FoundConfiguration> {
  const file = options.filename;
  if (file === undefined) {
    const { clusterConfiguration } = await import("./cluster-configuration.js");
    return clusterConfiguration(options, io);
  }
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

/** Parses the value of a `--set`, such as `job.backoffLimit=2`. */
export function settingFlag(text: string): Flag {
  const [path = "", ...rest] = text.split("=");
  return { name: "--set", path, text: rest.join("=") };
}

/** Collects the values of `--set`. */
export function collectSetting(value: string, before: readonly Flag[]): readonly Flag[] {
  const flag = settingFlag(value);
  if (!value.includes("=")) throw new InvalidArgumentError("must be key=value, such as job.backoffLimit=2");
  if (schemaAt(flag.path.split(".")) === undefined) throw new InvalidArgumentError(noSuchKey(flag.path));
  return [...before, flag];
}

/** Says that a key does not exist, and which one was probably meant. */
export function noSuchKey(path: string): string {
  const meant = suggestedKey(path.split("."));
  const remedy = meant === undefined ? "list all keys with orchestrator config list" : `did you mean ${meant}?`;
  return `there is no key ${path}; ${remedy}`;
}
