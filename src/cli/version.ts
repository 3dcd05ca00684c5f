import { Command, Option } from "commander";
import { errorText } from "../runtime/error-text.js";
import { version } from "../version.js";
import { operatorNamespace, readInForceReport, withCluster } from "./cluster-configuration.js";
import { processIo, UsageError, withExitCode, type CommandIo } from "./io.js";
import { withOperatorOptions } from "./operator-options.js";

interface Options {
  readonly client?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly namespace?: string;
  readonly output: "text" | "json";
}

/** Milliseconds that a cluster has for its answer. */
const timeout = 5_000;

/**
 * `orchestrator version`: the version of this program, and that of the operator that leads, if a cluster answers.
 *
 * Exit code: 0, whether or not a cluster answers.
 */
export function versionCommand(io: CommandIo = processIo): Command {
  return withOperatorOptions(
    new Command("version")
      .description("print the version of this program and of the operator in the cluster")
      .option("--client", "version of this program only, without a request to a cluster"),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["text", "json"]).default("text"))
    .action(withExitCode(io, (options: Options) => printVersions(options, io)));
}

async function printVersions(options: Options, io: CommandIo): Promise<number> {
  const operator = options.client === true ? undefined : await operatorVersion(options);
  if (options.output === "json") io.out(`${JSON.stringify({ client: version, ...operator }, null, 2)}\n`);
  else {
    io.out(`client: ${version}\n`);
    if (operator !== undefined) io.out(`operator: ${operator.operator ?? `unknown: ${operator.reason ?? ""}`}\n`);
  }
  return 0;
}

/** The version, or the reason why it is unknown. */
async function operatorVersion(options: Options): Promise<{ readonly operator?: string; readonly reason?: string }> {
  const namespace = operatorNamespace(options);
  try {
    const signal = AbortSignal.timeout(timeout);
    const report = await withCluster(options, (client) => readInForceReport(client, namespace, signal));
    if (report !== undefined) return { operator: report.operator };
    return { reason: `no operator has reported to namespace ${namespace}` };
  } catch (error) {
    const why = error instanceof UsageError ? error.message.replace(/^error: /, "") : errorText(error);
    return { reason: why };
  }
}
