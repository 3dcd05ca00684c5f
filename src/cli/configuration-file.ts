import { defaultConfiguration } from "../configuration/defaults.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Problem } from "../configuration/problem.js";
import type { FileName } from "../configuration/explain.js";
import { escaped } from "../printable.js";
import { configurationIn } from "./config-source.js";
import { UsageError, type CommandIo } from "./io.js";

/**
 * The configuration in a file, with its warnings printed; the defaults without a file. The file is a config.yaml, its ConfigMap, or Helm values.
 *
 * @throws UsageError for a file that cannot be read, holds something else or has errors.
 */
export function loadConfiguration(file: string | undefined, io: CommandIo): Configuration {
  if (file === undefined) return defaultConfiguration;
  const { found, name } = configurationIn(file, io);
  const { configuration, problems } = found.configure();
  const lines = problems.map((problem) => problemLine(problem, name));
  if (configuration === undefined) throw new UsageError(lines.join("\n"));
  for (const line of lines) io.err(`${line}\n`);
  return configuration;
}

/** `config.yaml:3: error: job.backoffLimit must be ...`, with control characters as escapes. */
export function problemLine({ severity, path, line, position, message }: Problem, { name, before }: FileName): string {
  const at = position === undefined ? line : position.line;
  const where =
    at === undefined ? name : `${name}:${at + before}${position === undefined ? "" : `:${position.column}`}`;
  return escaped(`${where}: ${severity}: ${path === "" ? "" : `${path} `}${message}`);
}
