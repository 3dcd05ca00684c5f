/**
 * A TaskRun as rules read it. What comes to admission need not have the shape its type promises; here every field has its type
 * or is absent, and lists keep their positions, so that rules can be sure of what they read and right about where it stands.
 */
import { isList, isObject, member, type JsonObject } from "../runtime/schema/json.js";

export interface TaskRunView {
  readonly name: string | undefined;
  readonly taskId: number | undefined;
  readonly serviceName: string | undefined;
  readonly serviceAccountName: string | undefined;
  readonly contextVersion: number;
  readonly retryAttempt: number;
  readonly cancel: boolean;
  readonly files: readonly { readonly filename: string; readonly content: string }[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly dependsOn: readonly string[];
  readonly repository: RepositoryView | undefined;
  readonly resources: { readonly requests: JsonObject; readonly limits: JsonObject };
  /** The spec itself, for comparisons. */
  readonly spec: JsonObject;
}

export interface RepositoryView {
  readonly url: string;
  readonly githubUser: string | undefined;
  readonly authSecret: string | undefined;
}

/** Reads what can be read. */
export function viewOf(object: unknown): TaskRunView {
  const metadata = objectIn(object, "metadata");
  const spec = objectIn(object, "spec");
  const resources = objectIn(spec, "resources");
  return {
    name: textIn(metadata, "name"),
    taskId: numberIn(spec, "taskId"),
    serviceName: textIn(spec, "serviceName"),
    serviceAccountName: textIn(spec, "serviceAccountName"),
    contextVersion: numberIn(spec, "contextVersion") ?? 1,
    retryAttempt: numberIn(spec, "retryAttempt") ?? 1,
    cancel: member(spec, "cancel") === true,
    files: listIn(spec, "markdownFiles").map((file) => ({
      filename: textIn(file, "filename") ?? "",
      content: textIn(file, "content") ?? "",
    })),
    env: listIn(spec, "env").map((each) => ({ name: textIn(each, "name") ?? "", value: textIn(each, "value") ?? "" })),
    dependsOn: listIn(spec, "dependsOn").map((each) => (typeof each === "string" ? each : "")),
    repository: repositoryOf(member(spec, "repository")),
    resources: { requests: objectIn(resources, "requests"), limits: objectIn(resources, "limits") },
    spec,
  };
}

function repositoryOf(repository: unknown): RepositoryView | undefined {
  if (!isObject(repository)) return undefined;
  return {
    url: textIn(repository, "url") ?? "",
    githubUser: textIn(repository, "githubUser"),
    authSecret: textIn(member(repository, "auth"), "secretName"),
  };
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

function textIn(value: unknown, key: string): string | undefined {
  const child = isObject(value) ? member(value, key) : undefined;
  return typeof child === "string" && child !== "" ? child : undefined;
}

function numberIn(value: JsonObject, key: string): number | undefined {
  const child = member(value, key);
  return typeof child === "number" ? child : undefined;
}
