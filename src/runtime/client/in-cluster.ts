import { readFile } from "node:fs/promises";
import type { Clock } from "../clock.js";
import { systemClock } from "../clock.js";
import type { Connection, ServerAccess } from "./access.js";
import { proxyFor } from "./proxy.js";

/** Where the pod's credentials are and how often they are read. */
export interface InClusterOptions {
  /** Directory of the ServiceAccount's token, ca.crt and namespace. Default: where the kubelet mounts them. */
  readonly directory?: string;
  /** Default: `process.env`. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Milliseconds after which the token and the CA are read again: the kubelet rotates both. Default 60,000. */
  readonly rereadEvery?: number;
}

/** True if the process runs in a pod. @param env default `process.env`. */
export function isInCluster(env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return Boolean(env.KUBERNETES_SERVICE_HOST && env.KUBERNETES_SERVICE_PORT);
}

/**
 * Access with the pod's own ServiceAccount. The token and the CA are read again every minute, and the token at once after
 * a 401, so a rotation needs no restart. As in Go's clients, `HTTPS_PROXY` counts unless `NO_PROXY` covers the API server.
 * @throws Error if the environment variables or the files are missing; the message names them.
 */
export async function inClusterAccess(options: InClusterOptions = {}): Promise<ServerAccess> {
  const env = options.env ?? process.env;
  const { KUBERNETES_SERVICE_HOST: host = "", KUBERNETES_SERVICE_PORT: port = "" } = env;
  if (!isInCluster(env)) {
    throw new Error("not in a cluster: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set");
  }
  const directory = options.directory ?? "/var/run/secrets/kubernetes.io/serviceaccount";
  const clock = options.clock ?? systemClock;
  const rereadEvery = options.rereadEvery ?? 60_000;
  const server = `https://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const namespace = (await readFile(`${directory}/namespace`, "utf8").catch(() => "default")).trim();

  const proxy = proxyFor(server, undefined, env);
  const through = { server, ...(proxy !== undefined && { proxy }) };
  let connection: Connection = { ...through, tls: { ca: await readFile(`${directory}/ca.crt`, "utf8") } };
  let connectionReadAt = clock.monotonic();
  let token = (await readFile(`${directory}/token`, "utf8")).trim();
  let tokenReadAt = clock.monotonic();

  return {
    namespace,
    async connection() {
      if (clock.monotonic() - connectionReadAt >= rereadEvery) {
        connectionReadAt = clock.monotonic();
        // a file that is being replaced is read next time; the current CA works until then
        const ca = await readFile(`${directory}/ca.crt`, "utf8").catch(() => undefined);
        if (ca !== undefined && ca !== connection.tls.ca) connection = { ...through, tls: { ca } };
      }
      return connection;
    },
    async headers(refresh) {
      if (refresh || clock.monotonic() - tokenReadAt >= rereadEvery) {
        tokenReadAt = clock.monotonic();
        token = (await readFile(`${directory}/token`, "utf8").catch(() => token)).trim();
      }
      return { authorization: `Bearer ${token}` };
    },
  };
}
