/**
 * A run as rules read it. The object of a request may violate its type in any way. In a view every field has its type or is absent, and
 * lists keep their positions, so rules can rely on types and report correct paths.
 */
import { isList, isObject, jsonEqual, member, type JsonObject } from "../runtime/schema/json.js";

export interface RunView {
  readonly name: string | undefined;
  readonly taskId: number | undefined;
  /** `serviceName` of a TaskRun, `service` of a CodeRun. */
  readonly service: string | undefined;
  readonly serviceAccountName: string | undefined;
  readonly contextVersion: number;
  readonly retryAttempt: number;
  readonly cancel: boolean;
  /** `markdownFiles` of a TaskRun. */
  readonly files: readonly { readonly filename: string; readonly content: string }[];
  readonly env: readonly { readonly name: string; readonly value: string; readonly field: string }[];
  readonly dependsOn: readonly string[];
  /** `repository` of a TaskRun. */
  readonly repository: RepositoryView | undefined;
  /** Repositories of a CodeRun or DocsRun, by field. */
  readonly repositories: readonly { readonly field: string; readonly url: string }[];
  readonly githubUser: string | undefined;
  readonly githubApp: string | undefined;
  readonly resources: { readonly requests: JsonObject; readonly limits: JsonObject };
  /** The spec as received, for comparisons. */
  readonly spec: JsonObject;
}

export interface RepositoryView {
  readonly url: string;
}

/** The view of an object, with the fields that have the right type. Never throws. */
export function viewOf(object: unknown): RunView {
  const metadata = objectIn(object, "metadata");
  const spec = objectIn(object, "spec");
  const resources = objectIn(spec, "resources");
  return {
    name: textIn(metadata, "name"),
    taskId: numberIn(spec, "taskId"),
    service: textIn(spec, "serviceName") ?? textIn(spec, "service"),
    serviceAccountName: textIn(spec, "serviceAccountName"),
    contextVersion: numberIn(spec, "contextVersion") ?? 1,
    retryAttempt: numberIn(spec, "retryAttempt") ?? 1,
    cancel: member(spec, "cancel") === true,
    files: listIn(spec, "markdownFiles").map((file) => ({
      filename: textIn(file, "filename") ?? "",
      content: textIn(file, "content") ?? "",
    })),
    env: variablesIn(member(spec, "env")),
    dependsOn: dependsOnIn(object),
    repository: repositoryOf(member(spec, "repository")),
    repositories: ["repositoryUrl", "docsRepositoryUrl"].flatMap((name) => {
      const url = textIn(spec, name);
      return url === undefined ? [] : [{ field: `spec.${name}`, url }];
    }),
    githubUser: textIn(spec, "githubUser"),
    githubApp: textIn(spec, "githubApp"),
    resources: { requests: objectIn(resources, "requests"), limits: objectIn(resources, "limits") },
    spec,
  };
}

/** Whether an update leaves a field of the spec unchanged; false on creation. */
export function isUnchanged(field: string, view: RunView, oldView: RunView | undefined): boolean {
  return oldView !== undefined && jsonEqual(member(view.spec, field), member(oldView.spec, field));
}

/** Whether an update requests another attempt. */
export function requestsAttempt(view: RunView, oldView: RunView): boolean {
  return view.retryAttempt > oldView.retryAttempt || view.contextVersion > oldView.contextVersion;
}

/** `spec.dependsOn` alone, of an object that may violate its type: cheaper than a whole view. */
export function dependsOnIn(object: unknown): readonly string[] {
  return listIn(objectIn(object, "spec"), "dependsOn").map((each) => (typeof each === "string" ? each : ""));
}

/** The environment variables: a list in a TaskRun, a map in the other kinds. */
function variablesIn(env: unknown): RunView["env"] {
  if (isList(env))
    return env.map((each, index) => ({
      name: textIn(each, "name") ?? "",
      value: textIn(each, "value") ?? "",
      field: `spec.env[${index}].value`,
    }));
  if (!isObject(env)) return [];
  return Object.keys(env).map((name) => ({ name, value: textIn(env, name) ?? "", field: `spec.env[${name}]` }));
}

function repositoryOf(repository: unknown): RepositoryView | undefined {
  if (!isObject(repository)) return undefined;
  return { url: textIn(repository, "url") ?? "" };
}

const empty: JsonObject = {};

function objectIn(value: unknown, key: string): JsonObject {
  const child = isObject(value) ? member(value, key) : undefined;
  return isObject(child) ? child : empty;
}

function listIn(value: JsonObject, key: string): readonly unknown[] {
  const child = member(value, key);
  return isList(child) ? child : [];
}

export function textIn(value: unknown, key: string): string | undefined {
  const child = isObject(value) ? member(value, key) : undefined;
  return typeof child === "string" && child !== "" ? child : undefined;
}

function numberIn(value: JsonObject, key: string): number | undefined {
  const child = member(value, key);
  return typeof child === "number" ? child : undefined;
}
