/** Options that select a cluster or an orchestrator server, and what the errors of both mean for the exit code. */
import { Option, type Command } from "commander";
import { OperationError } from "../../operations/operation-error.js";
import { ApiError, ConnectionError, Forbidden, TimeoutError, Unauthorized } from "../../runtime/client/errors.js";
import { HttpClient } from "../../runtime/client/http.js";
import { errorText } from "../../runtime/error-text.js";
import { printable } from "../../printable.js";
import { inCluster, withAccessOptions } from "../cluster-access.js";
import { UsageError, type CommandIo } from "../io.js";
import { ClusterRuns } from "./cluster-runs.js";
import type { Runs } from "./runs.js";
import { serverAccess, type ServerOptions } from "./server-access.js";
import { ServerRuns } from "./server-runs.js";

/** Adds the options that select where runs are. */
export function withRunsOptions(command: Command): Command {
  return withAccessOptions(command)
    .addOption(
      new Option("--server <url>", "work through this orchestrator server, not the API server").env(
        "ORCHESTRATOR_SERVER",
      ),
    )
    .option("--server-ca <file>", "certificate authority of the server, in PEM format (default: those of Node.js)")
    .option(
      "--token-file <file>",
      "token for the server (default: $ORCHESTRATOR_TOKEN, which comes first, else that of the kubeconfig)",
    );
}

/**
 * Runs an action on the runs that the options select; its result is the exit code. What the server refuses is printed, and gives 1.
 *
 * @throws UsageError without access
 */
export async function withRuns(
  options: ServerOptions,
  io: CommandIo,
  action: (runs: Runs) => Promise<number>,
): Promise<number> {
  if (options.server === undefined || options.server === "")
    return inCluster(options, io, ({ client, namespace }) => action(new ClusterRuns(client, namespace)));
  const access = await serverAccess(options);
  const client = new HttpClient({ access, fieldManager: "orchestrator-cli" });
  try {
    return await action(new ServerRuns(client, access.namespace));
  } catch (error) {
    throwWithoutAccess(error);
    if (!(error instanceof OperationError || error instanceof ApiError)) throw error;
    io.err(`error: ${printable(error instanceof ApiError ? refusal(error) : error.message)}\n`);
    return 1;
  } finally {
    await client.close();
  }
}

/** What the REST API does not offer. @throws UsageError for tables that need the API server, without a client of it */
export function requireClient(client: HttpClient | undefined, output: unknown, watch: boolean | undefined): void {
  if (client !== undefined || (watch !== true && output !== "wide")) return;
  throw new UsageError(
    `error: ${watch === true ? "--watch" : "-o wide"} needs a kubeconfig: omit --server, or add --server '' if ORCHESTRATOR_SERVER is set`,
  );
}

function refusal(error: ApiError): string {
  const message = error.status.message ?? error.message;
  const isRbac = error instanceof Forbidden && message.includes(" is forbidden: User ");
  return isRbac ? `${message}; ask an administrator for this right, or use another token` : message;
}

function throwWithoutAccess(error: unknown): void {
  if (error instanceof Unauthorized)
    throw new UsageError(
      "error: the server does not accept your token (401); it may have expired: get a new one, and check ORCHESTRATOR_TOKEN and --token-file",
    );
  const cause = error instanceof ConnectionError ? error.cause : error;
  if (cause instanceof UsageError) throw cause;
  if (!(error instanceof ConnectionError || error instanceof TimeoutError)) return;
  const text = errorText(error);
  const [, remedy] = remedies.find(([pattern]) => pattern.test(text)) ?? [];
  throw new UsageError(
    `error: the server cannot be reached: ${printable(text)}; ${remedy ?? "check --server and the network"}`,
  );
}

const remedies: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/i, "ask its administrator to renew it, and check the clock of this machine"],
  [/certificate is not yet valid/i, "check the clock of this machine"],
  [
    /self-signed|unable to (verify|get)|altnames|unknown ca/i,
    "name its authority with --server-ca, and check the host name",
  ],
];
