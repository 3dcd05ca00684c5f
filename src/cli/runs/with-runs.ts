/** Options that select a cluster or an orchestrator server, and what the errors of both mean for the exit code. */
import { Option, type Command } from "commander";
import { OperationError } from "../../operations/operation-error.js";
import { ApiError, ConnectionError, ServerError, TimeoutError, Unauthorized } from "../../runtime/client/errors.js";
import { HttpClient } from "../../runtime/client/http.js";
import { errorText } from "../../runtime/error-text.js";
import { printable } from "../../printable.js";
import { inCluster, withAccessOptions } from "../cluster-access.js";
import { refusal, remedyOf } from "../cluster-errors.js";
import { UsageError, type CommandIo } from "../io.js";
import { WarningPrinter } from "../warnings.js";
import { ClusterRuns } from "./cluster-runs.js";
import type { Runs } from "./runs.js";
import { serverAccess, type ServerOptions } from "./server-access.js";
import { ServerRuns } from "./server-runs.js";

/** Adds the options that select where runs are. */
export function withRunsOptions(command: Command): Command {
  return withAccessOptions(command)
    .addOption(
      new Option("--server <url>", "orchestrator server to use instead of the API server").env("ORCHESTRATOR_SERVER"),
    )
    .option("--server-ca <file>", "certificate authority of the server, in PEM format (default: those of Node.js)")
    .option(
      "--token-file <file>",
      "file with the token for the server; $ORCHESTRATOR_TOKEN overrides it (default: the token of the kubeconfig)",
    );
}

/**
 * Runs an action on the runs that the options select; its result is the exit code. What the server refuses is printed, and gives 1; warnings
 * are printed, too.
 *
 * @throws UsageError without access
 */
export async function withRuns(
  options: ServerOptions,
  io: CommandIo,
  action: (runs: Runs, quietly: WarningPrinter["quietly"]) => Promise<number>,
): Promise<number> {
  if (options.server === undefined || options.server === "")
    return inCluster(options, io, ({ client, namespace, quietly }) =>
      action(new ClusterRuns(client, namespace), quietly),
    );
  const access = await serverAccess(options);
  const { print, quietly } = new WarningPrinter(io);
  const client = new HttpClient({ access, fieldManager: "orchestrator-cli", onWarning: print });
  try {
    return await action(new ServerRuns(client, access.namespace), quietly);
  } catch (error) {
    throwWithoutAccess(error);
    if (!(error instanceof OperationError || error instanceof ApiError)) throw error;
    io.err(`error: ${printable(error instanceof ApiError ? refusal(error) : error.message)}\n`);
    return 1;
  } finally {
    await client.close();
  }
}

function throwWithoutAccess(error: unknown): void {
  if (error instanceof Unauthorized)
    throw new UsageError(
      "error: the server does not accept your token (401); it may have expired: get a new one, and check ORCHESTRATOR_TOKEN and --token-file",
    );
  // the server has no access to the cluster, or stops
  if (error instanceof ServerError && [502, 503, 504].includes(error.code))
    throw new UsageError(`error: ${printable(error.status.message ?? error.message)}`);
  const cause = error instanceof ConnectionError ? error.cause : error;
  if (cause instanceof UsageError) throw cause;
  if (!(error instanceof ConnectionError || error instanceof TimeoutError)) return;
  const text = errorText(error);
  const isTrust = /self-signed|unable to (verify|get)|altnames|unknown ca/i.test(text);
  const remedy = isTrust
    ? "name its authority with --server-ca, and check the host name"
    : /expired|not yet valid/.test(text)
      ? remedyOf(text)
      : "check --server and the network";
  throw new UsageError(`error: the server cannot be reached: ${printable(text)}; ${remedy}`);
}
