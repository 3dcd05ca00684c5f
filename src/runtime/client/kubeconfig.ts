import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { systemClock, type Clock } from "../clock.js";
import { errorText } from "../error-text.js";
import { fileBounds, parseBoundedDocument, YamlBoundsError } from "../input/bounded-yaml.js";
import { isList, isObject, member } from "../schema/json.js";
import type { Connection, ServerAccess } from "./access.js";
import { proxyFor } from "./proxy.js";

/** Which kubeconfig and which of its contexts. */
export interface KubeconfigOptions {
  /** Default: `$KUBECONFIG`, else `~/.kube/config`, as kubectl. */
  readonly file?: string;
  /** Default: the file's current context. */
  readonly context?: string;
  /** Default: the system's clock. */
  readonly clock?: Clock;
}

/**
 * Access with the credentials of a kubeconfig. Certificates and tokens in it, or in files that it names, are read here;
 * files again each minute and after a 401. Auth plug-ins (exec, OIDC, providers) and merged files need
 * @kubernetes/client-node, which costs half a second and 80 MiB and is loaded only for these, together with the undici
 * that it was bundled with (docs/adr/012). The connection takes the proxy of the cluster's `proxy-url`, else that of
 * `HTTPS_PROXY` and `NO_PROXY`.
 *
 * @throws Error if the file or the context does not exist (the message names it), or a proxy's URL is none.
 */
export async function kubeconfigAccess(options: KubeconfigOptions = {}): Promise<ServerAccess> {
  const files = await kubeconfigFiles(options);
  const [file = ""] = files;
  return (files.length === 1 ? await staticAccess(file, options) : undefined) ?? pluginAccess(files, options);
}

/** The names of the contexts of a kubeconfig, sorted. @param file default as kubectl. @throws Error if a file cannot be read */
export async function contextNames(file?: string): Promise<string[]> {
  const files = await kubeconfigFiles({ ...(file !== undefined && { file }) });
  const configs = await Promise.all(files.map(async (each) => parseKubeconfig(await readFile(each, "utf8"), each)));
  return [...new Set(configs.flatMap(({ contexts }) => contexts ?? []).flatMap(({ name }) => name ?? []))].sort();
}

/** As kubectl, which skips those of several files in `$KUBECONFIG` that do not exist; at least one. */
async function kubeconfigFiles({ file }: KubeconfigOptions): Promise<readonly string[]> {
  if (file !== undefined) return [file];
  // an empty variable counts as unset
  const { KUBECONFIG: named = "" } = process.env;
  const files = named.split(process.platform === "win32" ? ";" : ":").filter((each) => each !== "");
  if (files.length <= 1) return [files[0] ?? join(homedir(), ".kube", "config")];
  const present: string[] = [];
  for (const each of files) {
    const text = await readFile(each, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    // the library that merges files parses without bounds
    parseKubeconfig(text, each);
    present.push(each);
  }
  return present.length === 0 ? files.slice(0, 1) : present;
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

/** A user entry with only these fields has static credentials. */
const staticUserFields: ReadonlySet<string> = new Set([
  "client-certificate",
  "client-certificate-data",
  "client-key",
  "client-key-data",
  "token",
  "tokenFile",
]);

/** Milliseconds after which the credentials are read again. */
const rereadEvery = 60_000;

/** Undefined if the kubeconfig needs more than static credentials. */
async function staticAccess(file: string, options: KubeconfigOptions): Promise<ServerAccess | undefined> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new Error(
      `cannot read the kubeconfig ${file} (${(cause as { code?: string }).code ?? "?"}): set --kubeconfig or KUBECONFIG`,
      { cause },
    );
  });
  const config = parseKubeconfig(text, file);
  const wanted = options.context ?? config["current-context"] ?? "";
  const context = config.contexts?.find(({ name }) => name === wanted)?.context ?? undefined;
  const cluster = config.clusters?.find(({ name }) => name === context?.cluster)?.cluster;
  if (context === undefined || cluster?.server === undefined) {
    const known = (config.contexts ?? []).map(({ name }) => name).join(", ");
    const problem = wanted === "" ? "no current-context" : `no usable context ${JSON.stringify(wanted)}`;
    throw new Error(`the kubeconfig ${file} has ${problem}; its contexts: ${known || "none"}`);
  }
  const user = config.users?.find(({ name }) => name === context.user)?.user ?? {};
  if (Object.keys(user).some((field) => !staticUserFields.has(field))) return undefined;
  // paths in a kubeconfig are relative to its directory
  const load = async (data: unknown, path: unknown): Promise<string | undefined> => {
    if (typeof data === "string") return Buffer.from(data, "base64").toString("utf8");
    if (typeof path !== "string") return undefined;
    return readFile(resolve(dirname(file), path), "utf8").catch((cause: unknown) => {
      throw new Error(`cannot read a file that the kubeconfig ${file} names: ${errorText(cause)}`, { cause });
    });
  };
  const server = cluster.server.replace(/\/$/, "");
  const proxy = proxyFor(server, cluster["proxy-url"]);
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
        ...(proxy !== undefined && { proxy }),
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
  return rereadingAccess(context.namespace, read, options.clock);
}

function parseKubeconfig(text: string, file: string): Kubeconfig {
  try {
    const document = parseBoundedDocument(text, fileBounds);
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return checkedShape(document.toJS() ?? {});
  } catch (cause) {
    if (cause instanceof YamlBoundsError) throw new Error(`the kubeconfig ${file} ${cause.message}`, { cause });
    const what = cause instanceof ShapeError ? "is invalid" : "is invalid YAML";
    throw new Error(`the kubeconfig ${file} ${what}: ${errorText(cause)}`, { cause });
  }
}

/** The content is YAML, and no kubeconfig. */
class ShapeError extends Error {}

/** The members of each entry that are read as text. */
const lists = [
  { list: "contexts", entry: "context", texts: ["cluster", "user", "namespace"] },
  { list: "clusters", entry: "cluster", texts: ["server", "tls-server-name", "proxy-url"] },
  { list: "users", entry: "user", texts: [] },
] as const;

function checkedShape(content: unknown): Kubeconfig {
  if (!isObject(content)) throw new ShapeError("it must be a map");
  for (const { list, entry, texts } of lists) {
    const items = member(content, list) ?? [];
    if (!isList(items)) throw new ShapeError(`${list} must be a list`);
    for (const [index, item] of items.entries()) {
      const value = isObject(item) ? (member(item, entry) ?? {}) : undefined;
      if (!isObject(value)) throw new ShapeError(`${list}[${index}] must be a map with name and ${entry}, a map`);
      for (const text of texts)
        if (!["string", "undefined"].includes(typeof member(value, text)))
          throw new ShapeError(`${list}[${index}].${entry}.${text} must be a string`);
    }
  }
  return content;
}

interface Credentials {
  readonly connection: Connection;
  readonly headers: Readonly<Record<string, string>>;
}

/** Access with credentials that are read again each minute, and when they were rejected. */
async function rereadingAccess(
  namespace = "default",
  read: () => Promise<Credentials>,
  clock: Clock = systemClock,
): Promise<ServerAccess> {
  let { connection, headers } = await read();
  let readAt = clock.monotonic();
  return {
    namespace,
    connection: () => Promise.resolve(connection),
    async headers(refresh) {
      if (refresh || clock.monotonic() - readAt >= rereadEvery) {
        readAt = clock.monotonic();
        // a file that is being replaced is read next time; the current credentials may still be valid
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

/** @throws Error that names the package to install */
async function loadLibrary() {
  try {
    return await import("#client-node");
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new Error(
      "a kubeconfig with an auth plug-in, or several files in KUBECONFIG, need a package that is not installed: npm install @kubernetes/client-node",
      { cause },
    );
  }
}

async function pluginAccess(
  [first = "", ...others]: readonly string[],
  options: KubeconfigOptions,
): Promise<ServerAccess> {
  const { KubeConfig } = await loadLibrary();
  const config = new KubeConfig();
  for (const [index, file] of [first, ...others].entries()) {
    const each = index === 0 ? config : new KubeConfig();
    try {
      each.loadFromFile(file);
      if (index > 0) config.mergeConfig(each);
    } catch (cause) {
      throw new Error(`the kubeconfig ${file} is invalid: ${errorText(cause)}`, { cause });
    }
  }
  if (options.context !== undefined) config.setCurrentContext(options.context);
  const context = config.getContextObject(config.getCurrentContext());
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) {
    const known = config.contexts.map(({ name }) => name).join(", ");
    throw new Error(
      `the kubeconfig has no context ${JSON.stringify(config.getCurrentContext())}; its contexts: ${known || "none"}`,
    );
  }

  const server = cluster.server.replace(/\/$/, "");
  const proxy = proxyFor(server, cluster.proxyUrl);
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
    try {
      await config.applyToHTTPSOptions(applied as Parameters<typeof config.applyToHTTPSOptions>[0]);
    } catch (cause) {
      throw new Error(`cannot use the credentials of the kubeconfig: ${errorText(cause)}`, { cause });
    }
    const { ca, cert, key, servername, rejectUnauthorized } = applied;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(applied.headers ?? {})) {
      if (typeof value === "string") headers[name.toLowerCase()] = value;
    }
    if (applied.auth !== undefined) headers.authorization = `Basic ${Buffer.from(applied.auth).toString("base64")}`;
    return {
      connection: {
        server,
        ...(proxy !== undefined && { proxy }),
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

  // plug-ins cache their credentials and renew them themselves when called
  return rereadingAccess(context.namespace, read, options.clock);
}
