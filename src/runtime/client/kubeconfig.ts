import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { parse } from "yaml";
import type { Connection, ServerAccess } from "./access.js";

export interface KubeconfigOptions {
  /** Default: `$KUBECONFIG`, else `~/.kube/config`, as kubectl. */
  readonly file?: string;
  /** Default: the file's current context. */
  readonly context?: string;
}

/**
 * Access as a kubeconfig says. Certificates and tokens that stand in it or in files that it names are read here, and files
 * again each minute and after a 401; auth plug-ins (exec, OIDC, providers) and merged files are @kubernetes/client-node's,
 * which is loaded only then, with the undici that it was bundled with (docs/adr/012): it costs half a second and 80 MiB.
 * `proxy-url` can't be used.
 *
 * @throws Error where the file or the context doesn't exist, with what is missing, or where the cluster has a `proxy-url`.
 */
export async function kubeconfigAccess(options: KubeconfigOptions = {}): Promise<ServerAccess> {
  return (await plainAccess(options)) ?? pluginAccess(options);
}

interface NamedCluster {
  readonly name?: string;
  readonly cluster?: {
    readonly server?: string;
    readonly "certificate-authority"?: string;
    readonly "certificate-authority-data"?: string;
    readonly "insecure-skip-tls-verify"?: boolean;
    readonly "tls-server-name"?: string;
    readonly "proxy-url"?: string;
  };
}

interface NamedUser {
  readonly name?: string;
  readonly user?: Readonly<Record<string, unknown>>;
}

interface NamedContext {
  readonly name?: string;
  readonly context?: { readonly cluster?: string; readonly user?: string; readonly namespace?: string };
}

interface Kubeconfig {
  readonly "current-context"?: string;
  readonly clusters?: readonly NamedCluster[];
  readonly users?: readonly NamedUser[];
  readonly contexts?: readonly NamedContext[];
}

/** What a user entry may have for its credentials to be static. */
const plainUserFields: ReadonlySet<string> = new Set([
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
]);

/** How long what was read is used, in milliseconds. */
const rereadEvery = 60_000;

/** Undefined where the kubeconfig asks for more than static credentials. */
async function plainAccess(options: KubeconfigOptions): Promise<ServerAccess | undefined> {
  // kubectl takes an empty variable for none
  const { KUBECONFIG: named = "" } = process.env;
  const file = options.file ?? (named === "" ? join(homedir(), ".kube", "config") : named);
  if (options.file === undefined && file.includes(process.platform === "win32" ? ";" : ":")) return undefined;
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(
      `the kubeconfig ${file} can't be read (${(cause as { code?: string }).code ?? "?"}): give --kubeconfig or set KUBECONFIG`,
      { cause },
    );
  });
  const config = (parse(text) ?? {}) as Kubeconfig;
  const wanted = options.context ?? config["current-context"] ?? "";
  const context = config.contexts?.find(({ name }) => name === wanted)?.context;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  if (context === undefined || cluster?.server === undefined) {
    const known = (config.contexts ?? []).map(({ name }) => name).join(", ");
    throw new Error(
      `the kubeconfig ${file} has no usable context ${JSON.stringify(wanted)}; it has: ${known || "none"}`,
    );
  }
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  refuseProxy(cluster["proxy-url"]);
  if (Object.keys(user).some((field) => !plainUserFields.has(field))) return undefined;
  // paths in a kubeconfig are relative to it
  const load = async (data: unknown, path: unknown): Promise<string | undefined> => {
    if (typeof data === "string") return Buffer.from(data, "base64").toString("utf8");
    return typeof path === "string" ? readFile(resolve(dirname(file), path), "utf8") : undefined;
  };
  const server = cluster.server.replace(/\/$/, "");
  const servername = cluster["tls-server-name"];
  const { tokenFile } = user;
  const read = async (): Promise<Credentials> => {
    const [ca, cert, key, token] = await Promise.all([
      load(cluster["certificate-authority-data"], cluster["certificate-authority"]),
      load(user["client-certificate-data"], user["client-certificate"]),
      load(user["client-key-data"], user["client-key"]),
      typeof tokenFile === "string" ? load(undefined, tokenFile) : user.token,
    ]);
    return {
      connection: {
        server,
        tls: {
          ...(ca !== undefined && { ca }),
          ...(cert !== undefined && { cert }),
          ...(key !== undefined && { key }),
          ...(servername !== undefined && { servername }),
          ...(cluster["insecure-skip-tls-verify"] === true && { rejectUnauthorized: false }),
        },
      },
      headers: typeof token === "string" ? { authorization: `Bearer ${token.trim()}` } : {},
    };
  };
  return renewed(context.namespace, read);
}

interface Credentials {
  readonly connection: Connection;
  readonly headers: Readonly<Record<string, string>>;
}

/** Access with credentials that are read again each minute, and when they were refused. */
async function renewed(namespace = "default", read: () => Promise<Credentials>): Promise<ServerAccess> {
  let { connection, headers } = await read();
  let readAt = performance.now();
  return {
    namespace,
    connection: () => Promise.resolve(connection),
    async headers(refresh) {
      if (refresh || performance.now() - readAt >= rereadEvery) {
        readAt = performance.now();
        // a file that is being replaced is read at the next turn; what we have may still do
        const next = await read().catch((error: unknown) => {
          if (refresh) throw error;
        });
        headers = next?.headers ?? headers;
        if (next !== undefined && !isDeepStrictEqual(next.connection, connection)) ({ connection } = next);
      }
      return headers;
    },
  };
}

function refuseProxy(url: string | undefined): void {
  if (url !== undefined && url !== "") {
    throw new Error("the proxy-url of the kubeconfig's cluster can't be used: give a context without one");
  }
}

async function pluginAccess(options: KubeconfigOptions): Promise<ServerAccess> {
  const { KubeConfig } = await import("#client-node");
  const config = new KubeConfig();
  if (options.file === undefined) config.loadFromDefault();
  else config.loadFromFile(options.file);
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.contexts.map(({ name }) => name).join(", ");
    throw new Error(
      `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext())}; it has: ${known || "none"}`,
    );
  }

  refuseProxy(cluster.proxyUrl);
  const read = async (): Promise<Credentials> => {
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
    if (applied.auth !== undefined) headers.authorization = `Basic ${Buffer.from(applied.auth).toString("base64")}`;
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

  // plug-ins keep what they have and renew it by themselves; asking each minute lets them
  return renewed(context.namespace, read);
}
