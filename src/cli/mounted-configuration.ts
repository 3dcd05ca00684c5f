/** The operator's configuration as a file, for programs beside the operator. */
import type { Configuration } from "../configuration/configuration.js";
import { configurationText } from "../configuration/configuration-text.js";
import { defaultConfiguration } from "../configuration/defaults.js";
import { formatProblem } from "../configuration/source.js";
import { errorText } from "../runtime/error-text.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import { decodeUtf8 } from "../runtime/input/utf8-text.js";
import { escaped } from "../printable.js";

/** Bytes of a ConfigMap, or of values; the configuration in it has a bound of its own. */
const maxFile = 1024 * 1024;

/**
 * The configuration in a file, which is a config.yaml, its ConfigMap, or Helm values; the defaults if no file is given, or it is empty or
 * does not exist, as with an optional volume. Warnings are the operator's to report.
 *
 * @throws Error that names what is wrong with the file
 */
export async function readMountedConfiguration(file: string | undefined): Promise<Configuration> {
  const content = file === undefined ? undefined : await readBoundedFile(file, maxFile);
  if (file === undefined || content === undefined) return defaultConfiguration;
  try {
    return configurationOf(decodeUtf8(content));
  } catch (error) {
    throw new Error(`${file}: ${errorText(error)}`, { cause: error });
  }
}

function configurationOf(text: string): Configuration {
  if (text.trim() === "") return defaultConfiguration;
  const { configuration, problems } = configurationText(text).configure();
  if (configuration !== undefined) return configuration;
  const errors = problems.filter(({ severity }) => severity === "error").map(formatProblem);
  throw new Error(escaped(errors.join("; ")));
}
