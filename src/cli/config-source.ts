/** The source of `orchestrator config`: a file, or a cluster. */
import { InvalidArgumentError } from "commander";
import { configurationText, WrongFileError, type FoundText } from "../configuration/configuration-text.js";
import type { FileName } from "../configuration/explain.js";
import type { Flag } from "../configuration/layers.js";
import { configurationKey } from "../configuration/names.js";
import type { Configured } from "../configuration/parse.js";
import { schemaAt } from "../configuration/schema.js";
import { suggestedKey } from "../configuration/validation.js";
import { YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { contentOf, printRemarks, UsageError, type CommandIo } from "./io.js";

/** Options that select the source. */
export interface SourceOptions {
  readonly filename?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly set: readonly Flag[];
}

/** A configuration, with the environment and flags that override it. */
export interface FoundConfiguration {
  readonly configured: Configured;
  readonly name: FileName;
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
  const { found, name } = configurationIn(file, io);
  return { configured: found.configure({ environment: process.env, flags: options.set }), name };
}

/**
 * The configuration in a file, or in standard input for `-`: a config.yaml, its ConfigMap, or Helm values, whose conversion is reported.
 *
 * @throws UsageError where the file cannot be read or holds something else
 */
export function configurationIn(file: string, io: CommandIo): { found: FoundText; name: FileName } {
  const shown = file === "-" ? "<stdin>" : file;
  try {
    const found = configurationText(contentOf(file, io));
    const { kind, before, remarks } = found;
    if (kind === "values") io.err(`${shown}: note: Helm values, read as orchestrator config convert converts them\n`);
    printRemarks(shown, remarks, io);
    const isOfFile = before !== undefined;
    return { found, name: { name: isOfFile ? shown : `${shown} ${configurationKey}`, before: before ?? 0 } };
  } catch (error) {
    if (error instanceof WrongFileError || error instanceof YamlBoundsError)
      throw new UsageError(`${shown}: error: ${error.message}`);
    throw error;
  }
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
