import { defaultConfiguration } from "../configuration/defaults.js";
import { parseConfiguration } from "../configuration/parse.js";
import type { Configuration } from "../configuration/configuration.js";
import { contentOf, UsageError, type CommandIo } from "./io.js";

/**
 * The configuration in a file, with its warnings printed; the defaults without a file.
 *
 * @throws UsageError for a file that cannot be read or has errors.
 */
export function loadConfiguration(file: string | undefined, io: CommandIo): Configuration {
  if (file === undefined) return defaultConfiguration;
  const { configuration, problems } = parseConfiguration(contentOf(file, io));
  const lines = problems.map(({ severity, path, position, message }) =>
    position === undefined
      ? `${file}: ${severity}: ${path}: ${message}`
      : `${file}:${position.line}:${position.column}: ${severity}: ${message}`,
  );
  if (configuration === undefined) throw new UsageError(lines.join("\n"));
  for (const line of lines) io.err(`${line}\n`);
  return configuration;
}
