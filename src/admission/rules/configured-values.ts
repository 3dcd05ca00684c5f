import { injectedPaths, injectedRecord, valueAt, type InjectablePath } from "../../api/injected.js";
import { isList, isObject, jsonEqual, member, type JsonObject } from "../../runtime/schema/json.js";
import { staysAtRetry } from "../defaults/injection.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";
import { requestsAttempt } from "../view.js";

/**
 * A request for another attempt takes the configuration's present values for what was injected (src/admission/defaults/injection.ts). The
 * user has not written them, so a warning says which they are, and which stay although the configuration has others by now.
 */
export const configuredValues: Rule = {
  id: "configured-values",
  check(context) {
    const { view, oldView, oldObject, object } = context;
    if (oldView === undefined || oldObject === undefined) return noFindings;
    if (!requestsAttempt(view, oldView)) return noFindings;
    const before = injectedPaths(oldObject.metadata);
    const changed = injectedPaths(object.metadata).filter(
      (path) => before.includes(path) && !jsonEqual(valueAt(view.spec, path), valueAt(oldView.spec, path)),
    );
    const warnings = [...staying(context)];
    if (changed.length > 0)
      warnings.unshift(
        `the next attempt uses what the configuration has now: ${changed.map((path) => change(path, context)).join(", ")}`,
      );
    return warnings.length === 0 ? noFindings : { warnings };
  },
};

function change(path: InjectablePath, { view }: RuleContext): string {
  const value = valueAt(view.spec, path);
  return isObject(value) || isList(value) ? `spec.${path}` : `spec.${path} ${String(value)}`;
}

/** Values that the configuration has changed since, and the run keeps. */
function staying({ view, object, oldObject, configuration, kind }: RuleContext): string[] {
  if (oldObject === undefined) return [];
  const { agent, storage } = configuration;
  const claim = valueAt(view.spec, "workspace.pvcName");
  const configuredClaim = storage.pvcName ?? kind.workspace(view.spec);
  const isInjected = injectedPaths(object.metadata).includes("workspace.pvcName");
  if (isInjected && staysAtRetry("workspace.pvcName", oldObject) && configuredClaim !== claim)
    return [
      `spec.workspace.pvcName: stays ${JSON.stringify(claim)}, which may hold the work of earlier attempts; set it to ${JSON.stringify(configuredClaim)} to use the claim that the configuration names now`,
    ];
  if (injectedRecord(oldObject.metadata) !== undefined) return [];
  const present: JsonObject = {
    ...kind.injected(view.spec, configuration),
    serviceAccountName: agent.serviceAccountName,
  };
  return (["image", "serviceAccountName"] as const).flatMap((path) => {
    const [value, configured] = [valueAt(view.spec, path), member(present, path)];
    if (jsonEqual(value, configured) || typeof configured !== "string") return [];
    return [
      `spec.${path}: stays ${JSON.stringify(value)}, since this run was created before its origin was recorded; the configuration has ${JSON.stringify(configured)}`,
    ];
  });
}
