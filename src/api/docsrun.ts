/** The kind DocsRun: its type, its resource, and the names that belong to it. */
import type { KubernetesObject, ObjectMeta } from "../runtime/client/objects.js";
import { resourceType } from "../runtime/client/resource.js";
import { agentOfApp, dnsLabel } from "./git.js";
import { runLabels } from "./labels.js";
import { shortHash } from "./names.js";
import type { DocsRunSpec, DocsRunStatus } from "./generated/docsrun.js";

export type { DocsRunSpec, DocsRunStatus } from "./generated/docsrun.js";

/** Documentation for the tasks of a repository. Fields with a default in the CRD are always set in objects from the API server. */
export interface DocsRun extends KubernetesObject {
  metadata?: ObjectMeta;
  spec: DocsRunSpec;
  status?: DocsRunStatus;
}

export const DocsRuns = resourceType<DocsRun>({
  group: "orchestrator.io",
  version: "v1",
  kind: "DocsRun",
  plural: "docsruns",
  namespaced: true,
});

/** Keeps a deleted DocsRun until the objects it owns are deleted. */
export const cleanupFinalizer = "docsrun.orchestrator.io/cleanup";

/** Former names of the finalizer; it is removed from objects that still have one. */
export const olderFinalizers: readonly string[] = ["docsruns.orchestrator.io/finalizer"];

/** The labels of a spec, which may be malformed. */
export function labelsOf({
  githubApp,
  githubUser,
  workingDirectory,
  priority,
}: Readonly<Record<string, unknown>>): Record<string, string> {
  const agent = typeof githubApp === "string" ? agentOfApp(githubApp) : githubUser;
  const service = typeof workingDirectory === "string" ? directoryLabel(workingDirectory) : undefined;
  return runLabels({ service, agent, priority });
}

/** The workspace of a directory, unless the run names another. */
export function workspaceOf({
  workspace,
  workingDirectory,
}: Pick<DocsRunSpec, "workspace" | "workingDirectory">): string {
  return workspace?.pvcName ?? `docs-workspace-${directoryLabel(workingDirectory)}`;
}

/** Maximum length of a directory's label. A longer name is truncated and gets a hash of the whole name as suffix. */
const longestLabel = 48;

/** A directory as a DNS label: `_projects/trader` is `projects-trader`, `.` is `root`. */
export function directoryLabel(directory: string): string {
  const label = dnsLabel(directory);
  if (label === "") return /^[./]*$/.test(directory) ? "root" : shortHash(directory);
  return label.length <= longestLabel ? label : `${dnsLabel(label.slice(0, longestLabel))}-${shortHash(directory)}`;
}

/**
 * The branch of a run's work, the same for all its attempts and for no other run: the time of its creation, and a part of the hash of its
 * UID. A run that is not stored yet has the time 0.
 */
export function branchOf({ metadata }: DocsRun): string {
  const { creationTimestamp = "1970-01-01T00:00:00Z", uid, name = "" } = metadata ?? {};
  const time = new Date(creationTimestamp).toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");
  return `docs-generation-${time}-${shortHash(uid ?? name)}`;
}
