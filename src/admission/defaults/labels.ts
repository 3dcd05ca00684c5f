import { isObject, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";

/** The metadata with the labels that users and the operator select by. They repeat the spec, so a value that differs is corrected. */
export function withLabels(metadata: JsonObject, labels: Readonly<Record<string, string>>): JsonObject {
  const given = member(metadata, "labels") ?? {};
  if (!isObject(given)) return metadata;
  const wanted = Object.entries(labels).filter(([label, text]) => given[label] !== text);
  return wanted.length === 0
    ? metadata
    : withMembers(metadata, { labels: withMembers(given, Object.fromEntries(wanted)) });
}
