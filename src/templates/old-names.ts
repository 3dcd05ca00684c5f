/** Variables under the names that they had in the old system. */
import { isObject, member } from "../runtime/schema/json.js";

/** Each old name, and the paths whose first value it has. */
export const oldNames: Readonly<Record<string, readonly [path: string, ...others: string[]]>> = {
  task_id: ["spec.taskId"],
  service: ["spec.service"],
  service_name: ["spec.service"],
  run_type: ["spec.runType"],
  repository_url: ["spec.repositoryUrl"],
  docs_repository_url: ["spec.docsRepositoryUrl"],
  platform_repository_url: ["spec.docsRepositoryUrl"],
  docs_project_directory: ["spec.docsProjectDirectory"],
  docs_branch: ["spec.docsBranch"],
  source_branch: ["spec.sourceBranch"],
  working_directory: ["spec.workingDirectory", "spec.service"],
  github_user: ["spec.githubUser"],
  github_app: ["spec.githubApp"],
  agent_name: ["agent.name"],
  tool_config: ["spec.toolConfig"],
  local_tools: ["spec.localTools"],
  remote_tools: ["spec.remoteTools"],
  include_codebase: ["spec.includeCodebase"],
  prompt_modification: ["spec.promptModification"],
  prompt_mode: ["spec.promptMode"],
  context_version: ["spec.contextVersion"],
  continue_session: ["continueSession"],
  overwrite_memory: ["spec.overwriteMemory"],
  attempt_number: ["number"],
};

/** The value of an old name; undefined if these variables have none. As in the old system, an unset value prints nothing. */
export function oldValue(name: string, variables: object): unknown {
  if (!Object.hasOwn(oldNames, name)) return undefined;
  const values = (oldNames[name] ?? []).map((path) => valueAt(variables, path));
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : (known.find((value) => value !== null) ?? "");
}

/** Undefined if there is no such variable. */
function valueAt(variables: object, path: string): unknown {
  let value: unknown = variables;
  for (const part of path.split(".")) {
    if (!isObject(value) || !Object.hasOwn(value, part)) return undefined;
    value = member(value, part);
  }
  return value;
}
