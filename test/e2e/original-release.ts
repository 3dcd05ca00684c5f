/**
 * What an installation of the Helm-based original looks like to somebody who migrates: a release `controller` in the namespace
 * `agent-platform` with its values, its definitions, a CodeRun that ended, one that waits, and the agents' key. No controller runs.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { DEMO_AGENT_IMAGE } from "#src/cluster/index.js";
import type { Newcomer } from "./newcomer.js";

export const originalNamespace = "agent-platform";

const group = "agents.platform";

function definition(kind: string, plural: string): object {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      ...{ group, scope: "Namespaced", names: { kind, plural, singular: kind.toLowerCase() } },
      versions: [{ name: "v1", served: true, storage: true, schema }],
    },
  };
}

function codeRun(taskId: number, status: object): object {
  return {
    apiVersion: `${group}/v1`,
    kind: "CodeRun",
    metadata: { name: `coderun-${taskId}`, namespace: originalNamespace },
    spec: {
      ...{ taskId, service: "billing", githubApp: "5DLabs-Rex", model: "sonnet" },
      repositoryUrl: "https://github.com/5dlabs/billing",
      docsRepositoryUrl: "https://github.com/5dlabs/docs",
      docsProjectDirectory: "_projects/billing",
      suspend: false,
    },
    status,
  };
}

/** The values, with keys that the new chart has elsewhere. The image is one that this cluster has. */
const values = {
  replicaCount: 1,
  agent: { image: DEMO_AGENT_IMAGE, command: ["/usr/local/bin/claude"] },
  agents: { rex: { name: "Rex", githubApp: "5DLabs-Rex", cli: "claude", model: "sonnet", role: "engineer" } },
};

/** Installs the release with the newcomer's Helm. */
export async function installOriginal(newcomer: Newcomer): Promise<void> {
  const folder = join(newcomer.directory, "original");
  mkdirSync(join(folder, "crds"), { recursive: true });
  mkdirSync(join(folder, "templates"));
  const write = (file: string, ...objects: object[]): void =>
    writeFileSync(join(folder, file), objects.map((each) => stringify(each)).join("---\n"));
  write("Chart.yaml", { apiVersion: "v2", name: "controller", version: "1.0.0" });
  write("values.yaml", {});
  write("crds/runs.yaml", definition("CodeRun", "coderuns"), definition("DocsRun", "docsruns"));
  const metadata = { name: "orchestrator-secrets" };
  write("templates/secret.yaml", {
    apiVersion: "v1",
    kind: "Secret",
    metadata,
    stringData: { ANTHROPIC_API_KEY: "none" },
  });
  writeFileSync(join(newcomer.directory, "original-values.yaml"), stringify(values));
  const runs = [codeRun(5, { phase: "Succeeded" }), codeRun(6, {})].map((each) => stringify(each)).join("---\n");
  writeFileSync(join(newcomer.directory, "original-runs.yaml"), runs);
  const { code, output } = await newcomer.run(`
helm install controller original -n ${originalNamespace} --create-namespace -f original-values.yaml
kubectl wait --for=condition=Established crd/coderuns.${group} crd/docsruns.${group}
kubectl create -f original-runs.yaml`);
  if (code !== 0) throw new Error(output);
}
