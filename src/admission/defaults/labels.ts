import { labels, plainLabels } from "../../api/taskrun.js";
import { isObject, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";
import { isLabelValue } from "../../runtime/schema/objectmeta.js";

/** Which field each label repeats. */
const sources = [
  [labels.taskId, "taskId"],
  [plainLabels.taskId, "taskId"],
  [labels.service, "serviceName"],
  [plainLabels.service, "serviceName"],
  [labels.agent, "agentName"],
  [labels.priority, "priority"],
  [plainLabels.priority, "priority"],
] as const;

/**
 * The metadata with the labels that people and the manager select by. They repeat the spec, so one that says something
 * else is put right. A value that can't be a label is left out: the schema says what is wrong with it.
 */
export function labelled(metadata: JsonObject, spec: JsonObject): JsonObject {
  const given = member(metadata, "labels") ?? {};
  if (!isObject(given)) return metadata;
  let wanted: Record<string, string> | undefined;
  for (const [label, field] of sources) {
    const value = member(spec, field);
    const text = typeof value === "number" || typeof value === "string" ? String(value) : "";
    if (text !== "" && given[label] !== text && isLabelValue(text)) (wanted ??= {})[label] = text;
  }
  return wanted === undefined ? metadata : withMembers(metadata, { labels: withMembers(given, wanted) });
}
