import type { Rule } from "../context.js";
import { cancelledIsFinal } from "./cancelled-is-final.js";
import { dependencies } from "./dependencies.js";
import { filesFit } from "./files-fit.js";
import { frozenWhileRunning } from "./frozen-while-running.js";
import { knownModelAndAgent } from "./known-model-and-agent.js";
import { oneLiveRun } from "./one-live-run.js";
import { plainCredentials } from "./plain-credentials.js";
import { repositoryCredentials } from "./repository-credentials.js";
import { resourcesFit } from "./resources-fit.js";
import { schema } from "./schema.js";
import { serviceAccount } from "./service-account.js";

/** Every rule for TaskRuns, in the order in which their findings are shown. */
export const taskRunRules: readonly Rule[] = [
  schema,
  filesFit,
  oneLiveRun,
  frozenWhileRunning,
  cancelledIsFinal,
  dependencies,
  repositoryCredentials,
  resourcesFit,
  knownModelAndAgent,
  serviceAccount,
  plainCredentials,
];
