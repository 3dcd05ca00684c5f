import type { Connection, ServerAccess } from "./access.js";

export interface KubeconfigOptions {
  /** Default: `$KUBECONFIG`, else `~/.kube/config`, as kubectl. */
  readonly file?: string;
  /** Default: the file's current context. */
  readonly context?: string;
}

/**
 * Access as a kubeconfig says, its auth plug-ins (exec, OIDC, token files) included. Those are @kubernetes/client-node's;
 * it costs half a second and 80 MiB to load, so it is imported here and nowhere else.
 * @throws Error where the file or the context doesn't exist, with what is missing.
 */
export async function kubeconfigAccess(options: KubeconfigOptions = {}): Promise<ServerAccess> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.contexts.map(({ name }) => name).join(", ");
    throw new Error(
      `the kubeconfig has no context "${config.getCurrentContext()}"; it has: ${known === "" ? "none" : known}`,
    );
  }

  const read = async (): Promise<{ connection: Connection; headers: Record<string, string> }> => {
    const applied: {
      ca?: string | Buffer;
      cert?: string | Buffer;
      key?: string | Buffer;
      servername?: string;
      rejectUnauthorized?: boolean;
      headers?: Record<string, unknown>;
      auth?: string;
    } = { headers: {} };
    await config.applyToHTTPSOptions(applied as Parameters<typeof config.applyToHTTPSOptions>[0]);
    const { ca, cert, key, servername, rejectUnauthorized } = applied;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(applied.headers ?? {})) {
      if (typeof value === "string") headers[name.toLowerCase()] = value;
    }
    if (applied.auth !== undefined) {
      headers.authorization = `Basic ${Buffer.from(applied.auth).toString("base64")}`;
    }
    return {
      connection: {
        server: cluster.server.replace(/\/$/, ""),
        tls: {
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(servername !== undefined && { servername }),
          ...(rejectUnauthorized === false && { rejectUnauthorized }),
        },
      },
      headers,
    };
  };

  const { connection, headers: first } = await read();
  let headers = first;
  let readAt = performance.now();
  return {
    namespace: context.namespace ?? "default",
    connection: () => Promise.resolve(connection),
    async headers(refresh) {
      // plug-ins keep their tokens and renew them by themselves; asking each minute lets them
      if (refresh || performance.now() - readAt >= 60_000) {
        readAt = performance.now();
        ({ headers } = await read());
      }
      return headers;
    },
  };
}
