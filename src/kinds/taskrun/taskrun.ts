import { repositoryLabel } from "../trace-labels.js";
import { taskRunFiles, taskFileNames } from "./files.js";
import { taskRunNames } from "./names.js";
import { hasCommand, taskRunModels, taskRunPod } from "./pod.js";
import { taskRepository } from "./repository.js";
import { agentContainer } from "../container.js";
import { gatewayFiles, gatewayUse } from "../gateway-sidecar.js";
import { hostRefusal } from "../git.js";
import { contextOf, inPhases, rendered, type RunTemplates } from "../templates.js";
import { slotGroups } from "../slot-groups.js";
import {
  agentLabelOf,
  branchOf,
  cleanupFinalizer,
  labelsOf,
  olderFinalizers,
  repositoryIdentity,
  TaskRuns,
  workspaceOf,
  type TaskRun,
} from "../../api/taskrun.js";
import { terminalExitCodes } from "../../api/exit-codes.js";
import { taskrunSchema } from "../../api/generated/taskrun.schema.js";
import { profileOfAgent } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import { FilesError, type RunKind } from "../../runs/run.js";

/** The kind TaskRun, for the engine. */
export function taskRunKind(templates: RunTemplates<"task">): RunKind<TaskRun> {
  return {
    type: TaskRuns,
    specSchema: taskrunSchema.properties?.spec,
    finalizer: cleanupFinalizer,
    olderFinalizers,
    agentContainer,
    // those of the start script: a command has its own
    terminalExitCodes: (configuration) => (hasCommand(configuration) ? [] : terminalExitCodes),
    results: ["pullRequestUrl", "sessionId"],
    names: taskRunNames,
    identity: ({ spec }) => repositoryIdentity(spec),
    slotGroups: ({ metadata, spec }) =>
      slotGroups({
        namespace: metadata?.namespace,
        service: spec.serviceName,
        workspace: workspaceOf(spec),
        agent: spec.agentName,
        repository: spec.repository?.url,
      }),
    repository: ({ spec }) => repositoryLabel(spec.repository?.url),
    labels: ({ spec }) => labelsOf(spec),
    dropContents: ({ spec }) => {
      for (const file of spec.markdownFiles) file.content = "";
    },
    files: (run, number, configuration) => {
      const access = taskRepository(run, configuration)?.access;
      const gateway = gatewayUse(taskRunModels(run, configuration), access, configuration);
      const script = hasCommand(configuration) ? {} : scriptFiles(run, number, configuration, templates);
      return fitting({
        ...taskRunFiles(run, number, configuration),
        ...script,
        ...gatewayFiles(gateway, run, configuration),
      });
    },
    pod: taskRunPod,
    refusal: hostRefusal,
  };
}

/** The start script, with what it and the agent program read. */
function scriptFiles(
  run: TaskRun,
  number: number,
  configuration: Configuration,
  templates: RunTemplates<"task">,
): Record<string, string> {
  const { spec, status } = run;
  const { agent, agents, permissions, storage } = configuration;
  const profile = profileOfAgent(agents, spec.agentName ?? agent.name);
  const repository = taskRepository(run, configuration);
  const { branch = "main", path, githubUser } = spec.repository ?? {};
  const { sessionId } = status ?? {};
  const files = rendered(() =>
    templates.current().task({
      ...contextOf(run, profile, branchOf(spec), number, configuration),
      ...{ spec, agentLabel: agentLabelOf(spec), hasProfile: profile !== undefined },
      ...{ agentTools: spec.agentTools ?? [], agentToolsOverride: permissions.agentToolsOverride },
      ...(repository && {
        repository: {
          ...{ url: repository.url, branch, isDelivered: repository.isDelivered },
          ...(path !== undefined && { path }),
          ...(githubUser !== undefined && { githubUser }),
          ...(repository.githubApp !== undefined && { githubApp: repository.githubApp }),
        },
      }),
      identity: repositoryIdentity(spec),
      ...taskFileNames(spec.markdownFiles),
      ...(storage.keepAttempts !== undefined && { keepAttempts: storage.keepAttempts }),
      // an attempt continues in the workspace as the one before it left it
      continueSession: (status?.runs ?? []).some((earlier) => earlier.number < number),
      ...(sessionId !== undefined && { sessionId }),
    }),
  );
  return inPhases(files, configuration);
}

/** Admission leaves room for what is generated, but templates may need more. */
const mostBytes = 1024 * 1024;

function fitting(files: Record<string, string>): Record<string, string> {
  const bytes = Object.entries(files).reduce((sum, [name, text]) => sum + name.length + Buffer.byteLength(text), 0);
  if (bytes <= mostBytes) return files;
  const detail = `the files of the task, with those that are generated, have ${bytes} bytes, and a ConfigMap holds at most ${mostBytes}`;
  throw new FilesError(`${detail}: shorten spec.markdownFiles, or move them to the repository`);
}
