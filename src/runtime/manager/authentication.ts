import type { IncomingHttpHeaders } from "node:http";
import { subjectOf, SubjectAccessReviews } from "../authorization/access-reviews.js";
import type { Client } from "../client/client.js";
import type { KubernetesObject } from "../client/objects.js";
import { resourceType } from "../client/resource.js";

interface TokenReview extends KubernetesObject {
  spec: { token: string };
  status?: {
    authenticated?: boolean;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
  };
}

const TokenReviews = resourceType<TokenReview>({
  group: "authentication.k8s.io",
  version: "v1",
  kind: "TokenReview",
  plural: "tokenreviews",
  namespaced: false,
});

/** Whether a request is allowed and, if not, the response. */
export type Access =
  | { readonly allowed: true; readonly user: string }
  | { readonly allowed: false; readonly status: 401 | 403; readonly message: string };

/**
 * Whether the caller may `get` the nonResourceURL, by a TokenReview of the bearer token and a SubjectAccessReview. The
 * program itself needs the ClusterRole `system:auth-delegator`, which every cluster has.
 */
export async function authorize(client: Client, headers: IncomingHttpHeaders, path: string): Promise<Access> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(headers.authorization ?? "")?.[1];
  if (token === undefined) return { allowed: false, status: 401, message: "a bearer token is required" };
  const { status } = await client.create(TokenReviews, { spec: { token } });
  const { user = {} } = status ?? {};
  const { username } = user;
  if (status?.authenticated !== true || username === undefined) {
    return { allowed: false, status: 401, message: "the token is not valid" };
  }
  const spec = { ...subjectOf(user), nonResourceAttributes: { path, verb: "get" } };
  const review = await client.create(SubjectAccessReviews, { spec });
  if (review.status?.allowed !== true) {
    return { allowed: false, status: 403, message: `${username} may not get the nonResourceURL ${path}` };
  }
  return { allowed: true, user: username };
}
