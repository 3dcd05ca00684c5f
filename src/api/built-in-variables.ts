/** Variables that the operator sets for the agent of every run; it overrides others of these names. */
export const builtInVariables: readonly string[] = ["AGENT_NAME", "HOME", "MODEL", "RUN_NUMBER", "SERVICE_NAME"];

/** Likewise, for TaskRuns and CodeRuns. */
export const taskVariables: readonly string[] = ["TASK_ID"];
