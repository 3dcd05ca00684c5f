import type { Facts } from "./facts.js";
import { about, failure, ok, warning, type Finding } from "./finding.js";

const check = "Argo Workflows";

/** Plays as Workflows: only where the configuration says that there are some. */
export function checkArgo(facts: Facts): readonly Finding[] {
  const off = ok(check, "Off (argo.enabled is false): rules alone carry plays.");
  const right = `get configmaps in namespace ${facts.namespace}`;
  return about(check, right, facts.configuration, off, ({ effective }) =>
    effective.argo.enabled ? installed(facts) : off,
  );
}

function installed({ argo, runsNamespace }: Facts): readonly Finding[] {
  const absent = failure(
    check,
    "argo.enabled is true, but the cluster does not serve Argo Workflows.",
    "Install Argo Workflows, or set argo.enabled to false in the configuration.",
  );
  return about(check, "read the API groups", argo, absent, ({ operatorMay, hasTemplate }) => {
    if (!operatorMay)
      return failure(
        check,
        "The operator lacks rights on workflows.argoproj.io: it can neither start nor resume a play.",
        "Apply config/argo/operator/rbac.yaml, or set argo.enabled of the chart.",
      );
    if (!hasTemplate)
      return warning(
        check,
        `Namespace ${runsNamespace} has no WorkflowTemplate play-template: no play starts there as a Workflow.`,
        "Apply config/argo to it, as docs/guide/plays.md describes.",
      );
    return ok(
      check,
      `They are installed, the operator may resume plays, and namespace ${runsNamespace} has the templates.`,
    );
  });
}
