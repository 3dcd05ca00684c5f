import { agentOf, CodeRuns, cleanupFinalizer, labelsOf, workspaceOf, type CodeRun } from "../../api/coderun.js";
import { coderunSchema } from "../../api/generated/coderun.schema.js";
import { member } from "../../runtime/schema/json.js";
import { structuralSchema } from "../../runtime/schema/structural.js";
import type { AdmittedKind } from "../../admission/kind.js";
import { dockerAllowed } from "../../admission/rules/docker-allowed.js";
import { programSettings } from "../../admission/rules/program-settings.js";
import { taskRequirements } from "../../admission/rules/task-requirements.js";
import { textIn } from "../../admission/view.js";
import { agentDefaults, listedApp, repositoryRules, secretAdvice } from "../repository-admission.js";

export const admittedCodeRun: AdmittedKind<CodeRun> = {
  type: CodeRuns,
  schema: structuralSchema(coderunSchema),
  finalizer: cleanupFinalizer,
  rules: [...repositoryRules, programSettings, taskRequirements, dockerAllowed],
  secretAdvice,
  immutable: ["taskId", "service", "githubUser", "githubApp"],
  labels: labelsOf,
  injected: (spec, configuration) => {
    const cli = textIn(member(spec, "cliConfig"), "cliType");
    const service = textIn(spec, "service");
    return {
      ...agentDefaults(configuration, textIn(spec, "githubApp"), cli, textIn(member(spec, "cliConfig"), "model")),
      ...(service !== undefined && { workingDirectory: service }),
    };
  },
  workspace: (spec) => {
    const service = textIn(spec, "service");
    const githubApp = textIn(spec, "githubApp");
    return service === undefined ? undefined : workspaceOf({ service, githubApp });
  },
  work: (view) => {
    const { service, taskId } = view;
    const agent = agentOf(view);
    if (service === undefined || taskId === undefined || agent === undefined) return undefined;
    const words = `task ${taskId} of service ${JSON.stringify(service)} for agent ${JSON.stringify(agent)}`;
    return { key: `${service}/${taskId}/${agent}`, field: "spec.taskId", value: taskId, words };
  },
  listed: listedApp,
};
