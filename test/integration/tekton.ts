/** A stub of Tekton, whose resources have the names of ours in another group, and the printed commands beside it. */
import { execFile } from "node:child_process";
import type { Cluster } from "#src/cluster/index.js";
import { isChange, kindsOf, printedCommands, type KubectlCommand } from "../cli/kubectl-commands.js";

/** The names of Tekton's own CustomResourceDefinition; only the schema is reduced. */
export const tektonDefinition = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "taskruns.tekton.dev" },
  spec: {
    group: "tekton.dev",
    scope: "Namespaced",
    names: {
      kind: "TaskRun",
      plural: "taskruns",
      singular: "taskrun",
      shortNames: ["tr", "trs"],
      categories: ["tekton", "tekton-pipelines"],
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
};

/** An object that would be missed: a finalizer keeps it, so that an attempt to delete it stays visible. */
export const tektonTaskRun = (namespace: string, name: string): object => ({
  apiVersion: "tekton.dev/v1",
  kind: "TaskRun",
  metadata: { name, namespace, finalizers: ["tekton.dev/keep"] },
  spec: { taskRef: { name: "build" } },
});

/** The printed commands that name one of our kinds, or a kind of Tekton's, however they do. */
export function printedCommandsOfRuns(): KubectlCommand[] {
  const kinds = /taskrun|coderun|docsrun|^(tr|cr|dr|otr|ocr|odr|orchestrator)$/;
  // the original's kinds, which its definitions of another group serve: the guide on migration has them
  const isForeign = (kind: string): boolean => kind.endsWith(".agents.platform");
  return printedCommands().filter((command) => kindsOf(command).some((kind) => kinds.test(kind) && !isForeign(kind)));
}

export interface Outcome {
  /** Method and path of each request for objects, without discovery. */
  readonly requests: readonly string[];
  readonly output: string;
}

/**
 * Runs a command as it is printed; one that changes something as a dry run.
 *
 * @param run stands for the shell variables `$namespace` and `$name`
 */
export function runPrinted(
  cluster: Cluster,
  command: KubectlCommand,
  run: { readonly namespace: string; readonly name: string },
): Promise<Outcome> {
  const values: Readonly<Record<string, string>> = { $namespace: run.namespace, $name: run.name };
  const words = command.words
    .map((word) => values[word] ?? word)
    .filter((word) => !/^(-w|--watch|--timeout=.*)$/.test(word));
  const dryRun = isChange(command) ? ["--dry-run=server"] : [];
  const limits = [...(words.includes("wait") ? ["--timeout=1s"] : []), "--request-timeout=10s", "-v=6"];
  const args = ["--kubeconfig", cluster.kubeconfig, ...words, ...dryRun, ...limits];
  return new Promise((resolve) => {
    execFile(cluster.kubectl, args, { timeout: 30_000 }, (_error, stdout, stderr) => {
      const requests = [...stderr.matchAll(/verb="(\w+)" url="https:\/\/[^/]+([^"]*)"/g)]
        .map(([, verb = "", path = ""]) => `${verb} ${path}`)
        .filter((request) => /\/apis\/[^/]+\/v1\/\w+/.test(request));
      resolve({ requests, output: stdout + stderr });
    });
  });
}
