import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { stringify } from "yaml";

/** The credentials of a kubeconfig's user. */
export type Credentials = { readonly certificate: string; readonly key: string } | { readonly token: string };

const markerStart = "# of the agent-orchestrator local cluster ";
const marker = (name: string): string => `${markerStart}${name}; removed with it`;

/** A kubeconfig with certificates and keys inline instead of paths, so that it can be copied and mounted. */
export function kubeconfig(options: {
  cluster: string;
  server: string;
  caFile: string;
  credentials: Credentials;
  namespace?: string;
}): string {
  const base64 = (file: string): string => readFileSync(file).toString("base64");
  const { credentials } = options;
  const user =
    "token" in credentials
      ? { token: credentials.token }
      : { "client-certificate-data": base64(credentials.certificate), "client-key-data": base64(credentials.key) };
  return `${marker(options.cluster)}\n${stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      {
        name: options.cluster,
        cluster: { server: options.server, "certificate-authority-data": base64(options.caFile) },
      },
    ],
    users: [{ name: options.cluster, user }],
    contexts: [
      {
        name: options.cluster,
        context: {
          cluster: options.cluster,
          user: options.cluster,
          ...(options.namespace === undefined ? {} : { namespace: options.namespace }),
        },
      },
    ],
    "current-context": options.cluster,
  })}`;
}

export function writeKubeconfig(file: string, content: string): void {
  writeFileSync(file, content, { mode: 0o600 });
}

/** Whether the local cluster `name` (default: any) wrote this kubeconfig, so that it may be replaced or removed. */
export function isOurs(file: string, name?: string): boolean {
  if (!existsSync(file)) return false;
  const firstLine = readFileSync(file, "utf8").split("\n", 1)[0] ?? "";
  return name === undefined ? firstLine.startsWith(markerStart) : firstLine === marker(name);
}
