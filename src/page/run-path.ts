import type { RunReference } from "./location.js";
import { apiPath } from "./rest-client.js";

/** The path of a run in the API, or of a part of it. */
export function runPath({ namespace, kind, name }: RunReference, ...parts: readonly string[]): string {
  return apiPath("namespaces", namespace, kind.plural, name, ...parts);
}
