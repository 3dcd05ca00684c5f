/** Runs, and what admission says of them, for the tests of rules. */
import type { RunChange, RunLookup } from "#src/admission/context.js";
import { cachedRuns, indexByWork, workIndex, type AdmittedKind, type AnyRun } from "#src/admission/index.js";
import { defaultRun, validateRun } from "#src/admission/run.js";
import type { CodeRun, CodeRunSpec, CodeRunStatus } from "#src/api/coderun.js";
import type { DocsRun, DocsRunSpec } from "#src/api/docsrun.js";
import type { TaskRun, TaskRunSpec, TaskRunStatus } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { Store } from "#src/runtime/cache/store.js";
import { FileSchemas } from "#src/templates/file-schemas.js";

export const fileSchemas = new FileSchemas();

const plainTask: TaskRunSpec = {
  taskId: 7,
  serviceName: "auth",
  markdownFiles: [{ filename: "task.md", content: "# Task" }],
};
export const plainCode: CodeRunSpec = {
  taskId: 7,
  service: "trader",
  repositoryUrl: "https://github.com/5dlabs/trader",
  docsRepositoryUrl: "5dlabs/platform",
  githubApp: "5DLabs-Rex",
};
export const plainDocs: DocsRunSpec = {
  repositoryUrl: "a/b",
  workingDirectory: "_projects/trader",
  sourceBranch: "main",
  githubUser: "swe",
};

/** A run with changes to a minimal spec, in the namespace `default`. */
export function taskRun(changes: Partial<TaskRunSpec> = {}, status?: TaskRunStatus, name = "this"): TaskRun {
  return { metadata: { name, namespace: "default" }, spec: { ...plainTask, ...changes }, ...(status && { status }) };
}

export function codeRun(changes: Partial<CodeRunSpec> = {}, status?: CodeRunStatus, name = "this"): CodeRun {
  return { metadata: { name, namespace: "default" }, spec: { ...plainCode, ...changes }, ...(status && { status }) };
}

export function docsRun(changes: Partial<DocsRunSpec> = {}, name = "this"): DocsRun {
  return { metadata: { name, namespace: "default" }, spec: { ...plainDocs, ...changes } };
}

/** The existing runs of a kind in a cache, as the operator has one. */
export function lookupOf(kind: AdmittedKind, ...all: AnyRun[]): RunLookup {
  const store = new Store<AnyRun>();
  store.addIndex(workIndex, indexByWork(kind));
  for (const [index, run] of all.entries())
    store.put({ ...run, metadata: { name: "a", uid: `u-${index}`, resourceVersion: "1", ...run.metadata } });
  return cachedRuns(store);
}

export interface Findings {
  /** `field: message`. */
  readonly errors: string[];
  readonly warnings: readonly string[];
}

/** The rest of a change; by default a creation in an empty cluster with the default configuration. */
export type Change<R extends AnyRun> = Partial<Omit<RunChange, "object" | "oldObject">> & { readonly oldObject?: R };

/** The findings of all rules of a kind, after defaulting, as at the webhooks. */
export function validate<R extends AnyRun>(kind: AdmittedKind<R>, object: R, more: Change<R> = {}): Findings {
  const change = {
    ...{ namespace: "default", configuration: defaultConfiguration, lookup: lookupOf(kind), fileSchemas },
    ...more,
  };
  const oldObject = more.oldObject && defaultRun(kind, more.oldObject, change.configuration);
  const defaulted = defaultRun(kind, object, change.configuration, oldObject);
  const { errors, warnings } = validateRun(kind, { ...change, object: defaulted, ...(oldObject && { oldObject }) });
  return { errors: errors.map(({ field, message }) => `${field}: ${message}`), warnings };
}

export const validateTaskRun = (object: TaskRun, more?: Change<TaskRun>): Findings =>
  validate(admittedTaskRun, object, more);
export const validateCodeRun = (object: CodeRun, more?: Change<CodeRun>): Findings =>
  validate(admittedCodeRun, object, more);
export const validateDocsRun = (object: DocsRun, more?: Change<DocsRun>): Findings =>
  validate(admittedDocsRun, object, more);
