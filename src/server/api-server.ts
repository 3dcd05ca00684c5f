/** Where the API server is, and the authorities that it is trusted by. Never credentials: callers bring their own. */
import { readFile } from "node:fs/promises";
import type { Connection } from "../runtime/client/access.js";
import { kubeconfigAccess } from "../runtime/client/kubeconfig.js";
import { proxyFor } from "../runtime/client/proxy.js";
import type { Clock } from "../runtime/clock.js";

/** Gives the current connection: the same object until something changes. */
export type ReadConnection = () => Promise<Connection>;

/** The file that the kubelet mounts with a ServiceAccount's token. */
export const mountedAuthorities = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/** Milliseconds after which the authorities are read again. */
const rereadEvery = 60_000;

/** The API server of the cluster that this process runs in. @param authorities PEM file. @throws Error if it cannot be read */
export async function inClusterConnection(
  authorities: string,
  clock: Clock,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<ReadConnection> {
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "443" } = env;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const proxy = proxyFor(server, undefined, env);
  const withAuthorities = (ca: string): Connection => ({ server, ...(proxy !== undefined && { proxy }), tls: { ca } });
  let connection = withAuthorities(await readFile(authorities, "utf8"));
  let readAt = clock.monotonic();
  return async () => {
    if (clock.monotonic() - readAt < rereadEvery) return connection;
    readAt = clock.monotonic();
    // a file that is being replaced is read next time
    const ca = await readFile(authorities, "utf8").catch(() => undefined);
    if (ca !== undefined && ca !== connection.tls.ca) connection = withAuthorities(ca);
    return connection;
  };
}

/** The API server of a kubeconfig, without the credentials in it. @throws Error for a kubeconfig that cannot be used */
export async function kubeconfigConnection(options: {
  readonly file?: string;
  readonly context?: string;
}): Promise<ReadConnection> {
  const access = await kubeconfigAccess(options);
  let source: Connection | undefined;
  let connection: Connection | undefined;
  return async () => {
    const current = await access.connection();
    if (connection === undefined || current !== source) {
      const { cert: _cert, key: _key, passphrase: _passphrase, ...tls } = current.tls;
      connection = { ...current, tls };
      source = current;
    }
    return connection;
  };
}
