import { taskrunSchema } from "../../api/generated/taskrun.schema.js";
import { cleanupFinalizer, defaultAgent, labelsOf, TaskRuns, workspaceOf, type TaskRun } from "../../api/taskrun.js";
import { isObject, member, type JsonObject } from "../../runtime/schema/json.js";
import { structuralSchema } from "../../runtime/schema/structural.js";
import { profileOfAgent } from "../../configuration/agents.js";
import { gitHostProblem } from "../../configuration/git-hosts.js";
import { repositoryKeyOf } from "../../configuration/repository-key.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { AdmittedKind } from "../../admission/kind.js";
import { cancelledIsFinal } from "../../admission/rules/cancelled-is-final.js";
import { configuredValues } from "../../admission/rules/configured-values.js";
import { credentialsOverHttps } from "../../admission/rules/credentials-over-https.js";
import { dependencies } from "../../admission/rules/dependencies.js";
import { filesFit } from "../../admission/rules/files-fit.js";
import { frozenWhileRunning } from "../../admission/rules/frozen-while-running.js";
import { gitHosts } from "../../admission/rules/git-hosts.js";
import { knownModelAndAgent } from "../../admission/rules/known-model-and-agent.js";
import { oneLiveRun } from "../../admission/rules/one-live-run.js";
import { ownVariables } from "../../admission/rules/built-in-variables.js";
import { plainCredentials } from "../../admission/rules/plain-credentials.js";
import { queueUsed } from "../../admission/rules/queue-used.js";
import { repositoryCredentials } from "../../admission/rules/repository-credentials.js";
import { reservedVariables } from "../../admission/rules/reserved-variables.js";
import { resourcesFit } from "../../admission/rules/resources-fit.js";
import { restoredFromBackup } from "../../admission/rules/restored-from-backup.js";
import { sameCause } from "../../admission/rules/same-cause.js";
import { schema } from "../../admission/rules/schema.js";
import { budgetCeiling } from "../../admission/rules/budget-ceiling.js";
import { serviceAccount } from "../../admission/rules/service-account.js";
import { taskStart } from "../../admission/rules/task-start.js";
import { textIn } from "../../admission/view.js";
import { listedApp, secretAdvice } from "../repository-admission.js";

export const admittedTaskRun: AdmittedKind<TaskRun> = {
  type: TaskRuns,
  schema: structuralSchema(taskrunSchema),
  finalizer: cleanupFinalizer,
  rules: [
    schema,
    filesFit,
    oneLiveRun,
    frozenWhileRunning,
    configuredValues,
    sameCause,
    cancelledIsFinal,
    dependencies,
    repositoryCredentials,
    credentialsOverHttps,
    gitHosts,
    reservedVariables,
    resourcesFit,
    knownModelAndAgent,
    serviceAccount,
    budgetCeiling,
    queueUsed,
    plainCredentials,
    ownVariables,
    taskStart,
    restoredFromBackup,
  ],
  secretAdvice,
  immutable: ["taskId", "serviceName"],
  labels: labelsOf,
  injected: (spec, configuration) => ({
    agentName: configuration.agent.name,
    ...profileDefaults(spec, configuration),
    ...profileApp(spec, configuration),
  }),
  workspace: (spec) => {
    const serviceName = textIn(spec, "serviceName");
    return serviceName === undefined ? undefined : workspaceOf({ serviceName });
  },
  work: ({ spec, service, taskId }) => {
    if (service === undefined || taskId === undefined) return undefined;
    const agent = textIn(spec, "agentName") ?? defaultAgent;
    const words = `task ${taskId} of service ${JSON.stringify(service)} for agent ${JSON.stringify(agent)}`;
    return { key: `${service}/${taskId}/${agent}`, field: "spec.taskId", value: taskId, words };
  },
  listed: (view, configuration) => {
    const { agent, agents } = configuration;
    const value = member(view.spec, "agentName");
    const apps = listedApp(view, configuration);
    if (agents === undefined || typeof value !== "string") return apps;
    const known = Object.keys(agents);
    // a run that names no agent gets the configured default, which must not be held against it
    return [...apps, { field: "spec.agentName", value, known, isKnown: known.includes(value) || value === agent.name }];
  },
};

/** Model and image, by the profile of the agent and by its program. A configured command has an image of its own. */
function profileDefaults(spec: JsonObject, { agent, agents }: Configuration): { model: string; image: string } {
  const profile = profileOfAgent(agents, textIn(spec, "agentName") ?? agent.name);
  const program = agent.command.length === 0 ? profile?.cli : undefined;
  const image = program !== undefined && Object.hasOwn(agent.cliImages, program) ? agent.cliImages[program] : undefined;
  return { model: profile?.model ?? agent.model, image: image ?? agent.image };
}

/** The App of the agent's profile, for a repository that would be without any key and to which an App's token may be sent. */
function profileApp(spec: JsonObject, configuration: Configuration): { githubApp?: string } {
  const { agent, agents } = configuration;
  const githubApp = profileOfAgent(agents, textIn(spec, "agentName") ?? agent.name)?.githubApp;
  const repository = member(spec, "repository");
  const url = textIn(repository, "url");
  if (githubApp === undefined || !isObject(repository) || url === undefined) return {};
  if (member(repository, "auth") !== undefined || textIn(repository, "githubUser") !== undefined) return {};
  const isUnsafe = /^http:/i.test(url) || gitHostProblem(url, configuration) !== undefined;
  return isUnsafe || repositoryKeyOf({ url }, configuration) !== undefined ? {} : { githubApp };
}
