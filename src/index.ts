/** agent-orchestrator as a library: the operator, and the types of its API. The runtime is `agent-orchestrator/runtime`. */
export { createOperator, type Operator, type OperatorOptions } from "./operator/operator.js";
export { CodeRuns, type CodeRun } from "./api/coderun.js";
export { DocsRuns, type DocsRun } from "./api/docsrun.js";
export { TaskRuns, type TaskRun } from "./api/taskrun.js";
export { defaultConfiguration } from "./configuration/defaults.js";
export type { Configuration } from "./configuration/configuration.js";
