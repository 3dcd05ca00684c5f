/** The operator's configuration as a file, for programs beside the operator. */
import type { Configuration } from "../configuration/configuration.js";
import { parseConfiguration } from "../configuration/parse.js";
import { formatProblem } from "../configuration/source.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";

/** Bytes of a configuration; a larger one is refused in the ConfigMap, too. */
const maxFile = 64 * 1024;

/**
 * The configuration in a file; the defaults if no file is given or it does not exist, as with an optional volume. Warnings are the
 * operator's to report.
 *
 * @throws Error that names what is wrong with the file
 */
export async function readMountedConfiguration(file: string | undefined): Promise<Configuration> {
  const content = file === undefined ? undefined : await readBoundedFile(file, maxFile);
  const { configuration, problems } = parseConfiguration(content?.toString("utf8") ?? "");
  const errors = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  if (configuration === undefined) throw new Error(`${file ?? "configuration"}: ${errors.join("; ")}`);
  return configuration;
}
