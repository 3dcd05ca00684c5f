/** What the failures of a cluster mean for a person: one line each, with what to do. */
import {
  type ApiError,
  ConnectionError,
  Forbidden,
  NotFound,
  TimeoutError,
  Unauthorized,
} from "../runtime/client/errors.js";
import { errorText } from "../runtime/error-text.js";
import { UsageError } from "./io.js";

/** By what TLS and sockets report; the first that matches counts. */
const remedies: readonly (readonly [pattern: RegExp, remedy: string])[] = [
  [
    /certificate has expired|CERT_HAS_EXPIRED/,
    "the server's certificate has to be renewed, or this machine's clock is wrong",
  ],
  [/not yet valid/, "the server's certificate is not valid yet, or this machine's clock is wrong"],
  [
    /self-signed|unable to (verify|get)|altnames|unknown ca/i,
    "the kubeconfig's certificate-authority is not that of this server, or its server address is wrong",
  ],
  [/expired certificate|certificate expired/i, "your client certificate has expired; get new credentials"],
  [/ENOTFOUND|EAI_AGAIN/, "the server's name is unknown here; check the context, or the network"],
  [/ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT/, "is the cluster running, and --context the right one?"],
];

/** What to do about a connection that fails. */
export function remedyOf(text: string): string {
  return remedies.find(([pattern]) => pattern.test(text))?.[1] ?? "check the context and the network";
}

/** The line for an answer that refuses. */
export function refusal(error: ApiError): string {
  const message = error.status.message ?? error.message;
  // what the API server says of a path that it does not serve
  if (error instanceof NotFound && /could not find the requested resource|page not found/.test(message))
    return "this cluster does not have the orchestrator's CustomResourceDefinitions; see orchestrator doctor";
  // admission denies with 403, too
  const isRbac = error instanceof Forbidden && message.includes(" is forbidden: User ");
  return isRbac ? `${message}; ask an administrator for this right, or use another account` : message;
}

/** What keeps a command from the cluster; undefined for other errors. */
export function accessError(error: unknown): UsageError | undefined {
  if (error instanceof Unauthorized)
    return new UsageError(
      "error: the API server does not accept your credentials (401); they may have expired: log in again, or choose another --context",
    );
  if (!(error instanceof ConnectionError || error instanceof TimeoutError)) return undefined;
  const text = errorText(error);
  return new UsageError(`error: the API server cannot be reached: ${text}; ${remedyOf(text)}`);
}
