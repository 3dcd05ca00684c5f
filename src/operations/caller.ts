/** Who the caller is, and what it may do. */
import { Namespaces, Pods } from "../runtime/client/builtin.js";
import type { Client } from "../runtime/client/client.js";
import { isList, isObject } from "../runtime/schema/json.js";
import type { Found } from "./any-run.js";

export interface Caller {
  readonly username: string;
  readonly groups: readonly string[];
}

/** The rights to one run. Admission may deny a request nevertheless. */
export interface RunAccess {
  /** Retry, suspend, resume, cancel, and add context. */
  readonly update: boolean;
  readonly delete: boolean;
  readonly logs: boolean;
}

/** By SelfSubjectReview. @throws an API error */
export async function caller(client: Client, signal?: AbortSignal): Promise<Caller> {
  const status = await review(client, "authentication.k8s.io", "SelfSubjectReview", undefined, signal);
  const user = isObject(status.userInfo) ? status.userInfo : {};
  return {
    username: typeof user.username === "string" ? user.username : "",
    groups: (isList(user.groups) ? user.groups : []).filter((each) => typeof each === "string"),
  };
}

/** Names of all namespaces. @throws an API error: Forbidden if the caller may not list them */
export async function namespaceNames(client: Client, signal?: AbortSignal): Promise<string[]> {
  const { items } = await client.list(Namespaces, { metadataOnly: true, ...(signal && { signal }) });
  return items.map(({ metadata }) => metadata.name);
}

/** By SelfSubjectAccessReview. @throws an API error */
export async function accessTo(client: Client, { type, run }: Found, signal?: AbortSignal): Promise<RunAccess> {
  const { namespace = "", name } = run.metadata;
  const may = (attributes: Readonly<Record<string, string>>): Promise<boolean> =>
    isAllowed(client, { namespace, ...attributes }, signal);
  const ofRun = { group: type.group, resource: type.plural, name };
  const [update, remove, pods, logs] = await Promise.all([
    may({ ...ofRun, verb: "patch" }),
    may({ ...ofRun, verb: "delete" }),
    may({ group: Pods.group, resource: Pods.plural, verb: "list" }),
    may({ group: Pods.group, resource: Pods.plural, subresource: "log", verb: "get" }),
  ]);
  return { update, delete: remove, logs: pods && logs };
}

/** Whether the caller has a right, as in `resourceAttributes` of a SelfSubjectAccessReview. @throws an API error */
export async function isAllowed(
  client: Client,
  resourceAttributes: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<boolean> {
  const spec = { resourceAttributes };
  const status = await review(client, "authorization.k8s.io", "SelfSubjectAccessReview", spec, signal);
  return status.allowed === true;
}

/** The status of a review. */
async function review(
  client: Client,
  group: string,
  kind: string,
  spec: object | undefined,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await client.raw({
    method: "POST",
    path: `/apis/${group}/v1/${kind.toLowerCase()}s`,
    body: { apiVersion: `${group}/v1`, kind, ...(spec && { spec }) },
    ...(signal && { signal }),
  });
  return isObject(answer) && isObject(answer.status) ? answer.status : {};
}
