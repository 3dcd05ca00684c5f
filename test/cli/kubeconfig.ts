import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";

/** Writes a kubeconfig for a server; returns its path. The context `here` has namespace `ns` and a token. */
export function writeKubeconfig(t: Test, server: string, file = join(t.testdir({}), "kubeconfig")): string {
  const clusters = [{ name: "c", cluster: { server } }];
  const contexts = [{ name: "here", context: { cluster: "c", user: "u", namespace: "ns" } }];
  const users = [{ name: "u", user: { token: "secret" } }];
  writeFileSync(file, JSON.stringify({ "current-context": "here", clusters, contexts, users }));
  return file;
}
