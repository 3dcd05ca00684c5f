import { isObject, member, withMembers, type JsonObject } from "../../runtime/schema/json.js";
import { isDnsSubdomain } from "../../runtime/schema/object-meta.js";
import type { AdmittedKind } from "../kind.js";
import { priorities, type Priority, type Configuration } from "../../configuration/configuration.js";

/**
 * The spec with the configured default of each field that the run does not set. A value that an earlier admission injected stays for the
 * life of the object: a spec without it, as after `kubectl replace`, gets the old value back instead of the currently configured one.
 */
export function withConfiguredDefaults(
  kind: AdmittedKind,
  spec: JsonObject,
  configuration: Configuration,
  old: JsonObject | undefined,
): JsonObject {
  const { agent, job, kueue, retry } = configuration;
  const fromConfiguration = withMembers(kind.injected(spec, configuration), {
    imagePullPolicy: agent.imagePullPolicy,
    serviceAccountName: agent.serviceAccountName,
    resources: configuration.resources[priorityOf(spec)],
    activeDeadlineSeconds: job.activeDeadlineSeconds,
    ttlSecondsAfterFinished: job.ttlSecondsAfterFinished,
    ...defaultBudget(configuration),
    ...(kueue.enabled && kueue.queueName !== undefined && { queueName: kueue.queueName }),
  });
  const next = withMissing(withMissing(spec, membersOf(old, fromConfiguration)), fromConfiguration);
  // an invalid service name is reported once, not also for the claim
  const pvcName = configuration.storage.pvcName ?? kind.workspace(spec);
  const withWorkspace = withNested(
    next,
    "workspace",
    old,
    pvcName !== undefined && isDnsSubdomain(pvcName) ? { pvcName } : {},
  );
  return withNested(withWorkspace, "retry", old, {
    maxRetries: retry.maxRetries,
    initialBackoffSeconds: retry.initialBackoffSeconds,
    maxBackoffSeconds: retry.maxBackoffSeconds,
    ...(retry.terminalExitCodes.length > 0 && { terminalExitCodes: [...retry.terminalExitCodes] }),
  });
}

/** As a whole: a run that limits tokens alone is not held to dollars, too. A default above the ceiling would be denied. */
function defaultBudget({ budget: { default: budget, ceiling } }: Configuration): { readonly budget?: JsonObject } {
  const limits = (["maxTokens", "maxCostUSD"] as const).flatMap((name) => {
    const limit = budget[name];
    return limit === undefined ? [] : [[name, Math.min(limit, ceiling[name] ?? Infinity)] as const];
  });
  return limits.length === 0 ? {} : { budget: Object.fromEntries(limits) };
}

function priorityOf(spec: JsonObject): Priority {
  const priority = member(spec, "priority");
  return priorities.find((each) => each === priority) ?? "medium";
}

/** Sets the missing members of an object in the spec. If the value is not an object, the schema rule reports it. */
function withNested(spec: JsonObject, key: string, old: JsonObject | undefined, values: JsonObject): JsonObject {
  const given = member(spec, key) ?? {};
  const before = old && member(old, key);
  if (!isObject(given)) return spec;
  const known = withMissing(given, membersOf(isObject(before) ? before : undefined, values));
  const next = withMissing(known, valuesThatFit(known, values));
  return next === given || Object.keys(next).length === 0 ? spec : withMembers(spec, { [key]: next });
}

/** Adjusts the configured back-offs, so that they do not contradict those of the run. */
function valuesThatFit(given: JsonObject, values: JsonObject): JsonObject {
  const { initialBackoffSeconds: initial, maxBackoffSeconds: most } = values;
  if (typeof initial !== "number" || typeof most !== "number") return values;
  const givenInitial = member(given, "initialBackoffSeconds");
  const givenMost = member(given, "maxBackoffSeconds");
  const longest = typeof givenInitial === "number" ? Math.max(most, givenInitial) : most;
  const bound = typeof givenMost === "number" ? Math.max(givenMost, 0) : longest;
  return { ...values, initialBackoffSeconds: Math.min(initial, bound), maxBackoffSeconds: longest };
}

const none: JsonObject = {};

/** The members of an object whose keys are also in the values. */
function membersOf(object: JsonObject | undefined, values: JsonObject): JsonObject {
  if (object === undefined) return none;
  const keys = Object.keys(values).filter((key) => Object.hasOwn(object, key));
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}

/** The object with its missing members taken from the values; the object itself if none is missing. */
function withMissing(object: JsonObject, values: JsonObject): JsonObject {
  let missing: Record<string, unknown> | undefined;
  for (const key of Object.keys(values)) {
    if ((member(object, key) ?? null) === null) (missing ??= {})[key] = values[key];
  }
  return missing === undefined ? object : withMembers(object, missing);
}
