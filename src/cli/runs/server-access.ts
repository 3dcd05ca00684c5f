/** Where an orchestrator server is, the authority that it is trusted by, and the token of its caller. */
import { readFileSync, statSync } from "node:fs";
import type { ServerAccess } from "../../runtime/client/access.js";
import { isThisMachine, proxyFor, type Environment } from "../../runtime/client/proxy.js";
import { errorText } from "../../runtime/error-text.js";
import { accessOf, type AccessOptions } from "../cluster-access.js";
import { UsageError } from "../io.js";

export interface ServerOptions extends AccessOptions {
  /** URL; absent or empty: none, and the kubeconfig selects a cluster. */
  readonly server?: string;
  /** PEM file. */
  readonly serverCa?: string;
  readonly tokenFile?: string;
}

/** Bytes. */
const maxToken = 64 * 1024;
const maxAuthority = 1024 * 1024;

/** Access to `--server`. @throws UsageError that names the option and the remedy */
export async function serverAccess(options: ServerOptions, env: Environment = process.env): Promise<ServerAccess> {
  if (options.as !== undefined || options.asGroup !== undefined)
    throw new UsageError("error: --as and --as-group need a kubeconfig; they do not work with --server");
  const server = serverUrl(options.server ?? "");
  const headers = await tokenSource(options, env);
  const ca = options.serverCa === undefined ? undefined : readBounded("--server-ca", options.serverCa, maxAuthority);
  if (ca?.includes("-----BEGIN CERTIFICATE-----") === false)
    throw new UsageError("error: --server-ca: the file has no certificate in PEM format");
  const proxy = proxyOf(server, env);
  const connection = { server, ...(proxy !== undefined && { proxy }), tls: { ...(ca !== undefined && { ca }) } };
  const namespace = options.namespace ?? (await namespaceOf(options));
  return { connection: () => Promise.resolve(connection), headers, namespace };
}

/** The URL without a slash at its end. A token must not travel in the clear. */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !["https:", "http:"].includes(url.protocol))
    throw new UsageError("error: --server: write a URL such as https://orchestrator.example.com");
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "")
    throw new UsageError("error: --server: the URL may have no user, password, query or fragment");
  if (url.protocol === "http:" && !staysInside(url.hostname))
    throw new UsageError(
      "error: --server: your token would travel unencrypted; use https:// (http:// is for loopback addresses, .svc and .svc.cluster.local)",
    );
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Whether a token cannot be read on its way: this machine, or the Services of this cluster. */
function staysInside(hostname: string): boolean {
  return isThisMachine(hostname) || /.\.svc(\.cluster\.local)?$/.test(hostname);
}

function proxyOf(server: string, env: Environment): string | undefined {
  // it would read the token of a connection without TLS
  if (server.startsWith("http:")) return undefined;
  try {
    return proxyFor(server, undefined, env);
  } catch (error) {
    throw new UsageError(`error: ${errorText(error)}`);
  }
}

/** `ORCHESTRATOR_TOKEN`, else `--token-file`, else the token of the kubeconfig's user. */
async function tokenSource(options: ServerOptions, env: Environment): Promise<ServerAccess["headers"]> {
  const { ORCHESTRATOR_TOKEN: given = "" } = env;
  if (given !== "") {
    const header = bearer("ORCHESTRATOR_TOKEN", given);
    return () => Promise.resolve(header);
  }
  const { tokenFile } = options;
  if (tokenFile !== undefined) {
    const read = (): ReturnType<typeof bearer> =>
      bearer("--token-file", readBounded("--token-file", tokenFile, maxToken));
    read();
    // again for each call: the kubelet replaces the files that it mounts
    return (): Promise<ReturnType<typeof bearer>> => Promise.resolve(read());
  }
  const access = await accessOf(options).catch((error: unknown) => {
    throw new UsageError(
      `error: no token for --server: set ORCHESTRATOR_TOKEN, or name a --token-file (${errorText(error)})`,
    );
  });
  const ofKubeconfig = async (refresh: boolean): Promise<ReturnType<typeof bearer>> => {
    const { authorization = "" } = await access.headers(refresh);
    if (authorization.startsWith("Bearer ")) return { authorization };
    throw new UsageError(
      "error: the kubeconfig's user has no token, and --server takes no client certificate: set ORCHESTRATOR_TOKEN, or name a --token-file; kubectl create token makes one for a ServiceAccount",
    );
  };
  await ofKubeconfig(false);
  return ofKubeconfig;
}

function bearer(source: string, text: string): { readonly authorization: string } {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token) || token.length > maxToken)
    throw new UsageError(`error: ${source}: this is not a token; it must be one word of at most 64 KiB`);
  return { authorization: `Bearer ${token}` };
}

function readBounded(option: string, file: string, max: number): string {
  try {
    const stats = statSync(file);
    if (!stats.isFile()) throw new Error("it is not a regular file");
    if (stats.size <= max) return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`error: ${option}: cannot read the file: ${errorText(error)}`);
  }
  throw new UsageError(`error: ${option}: the file has more than ${max} bytes`);
}

async function namespaceOf(options: AccessOptions): Promise<string> {
  try {
    return (await accessOf(options)).namespace;
  } catch {
    throw new UsageError("error: there is no kubeconfig to take the namespace from; name it with --namespace");
  }
}
