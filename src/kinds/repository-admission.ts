/** The admission part that CodeRuns and DocsRuns share: both work in a repository as a GitHub user or App. */
import type { JsonObject } from "../runtime/schema/json.js";
import { profileOfApp } from "../configuration/agents.js";
import type { Configuration } from "../configuration/configuration.js";
import type { Rule } from "../admission/context.js";
import type { ListedValue } from "../admission/kind.js";
import { cancelledIsFinal } from "../admission/rules/cancelled-is-final.js";
import { budgetCeiling } from "../admission/rules/budget-ceiling.js";
import { configuredValues } from "../admission/rules/configured-values.js";
import { credentialsOverHttps } from "../admission/rules/credentials-over-https.js";
import { dependencies } from "../admission/rules/dependencies.js";
import { environmentFits } from "../admission/rules/environment-fits.js";
import { frozenWhileRunning } from "../admission/rules/frozen-while-running.js";
import { gitCredentials } from "../admission/rules/git-credentials.js";
import { gitHosts } from "../admission/rules/git-hosts.js";
import { knownModelAndAgent } from "../admission/rules/known-model-and-agent.js";
import { oneLiveRun } from "../admission/rules/one-live-run.js";
import { ownVariables } from "../admission/rules/built-in-variables.js";
import { plainCredentials } from "../admission/rules/plain-credentials.js";
import { queueUsed } from "../admission/rules/queue-used.js";
import { reservedVariables } from "../admission/rules/reserved-variables.js";
import { resourcesFit } from "../admission/rules/resources-fit.js";
import { restoredFromBackup } from "../admission/rules/restored-from-backup.js";
import { sameCause } from "../admission/rules/same-cause.js";
import { schema } from "../admission/rules/schema.js";
import { serviceAccount } from "../admission/rules/service-account.js";
import { toolsReachable } from "../admission/rules/tools-reachable.js";
import { withoutEffect } from "../admission/rules/without-effect.js";
import type { RunView } from "../admission/view.js";

export const repositoryRules: readonly Rule[] = [
  schema,
  environmentFits,
  oneLiveRun,
  frozenWhileRunning,
  configuredValues,
  sameCause,
  cancelledIsFinal,
  dependencies,
  gitCredentials,
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
  restoredFromBackup,
  toolsReachable,
  withoutEffect,
];

export const secretAdvice = "store it in a Secret and reference that in spec.envFromSecrets";

/** Model and image, by the profile of the App's agent and by the agent program. */
export function agentDefaults(
  { agent, agents }: Configuration,
  githubApp: string | undefined,
  cli: string | undefined,
  cliModel?: string,
): JsonObject {
  const profile = profileOfApp(agents, githubApp);
  const program = cli ?? profile?.cli;
  const image = program !== undefined && Object.hasOwn(agent.cliImages, program) ? agent.cliImages[program] : undefined;
  return { model: cliModel ?? profile?.model ?? agent.model, image: image ?? agent.image };
}

/** The App, which has to be that of a known agent if the configuration lists agents. */
export function listedApp({ githubApp: value }: RunView, { agents }: Configuration): ListedValue[] {
  if (agents === undefined || value === undefined) return [];
  const known = Object.entries(agents).map(([name, { githubApp }]) => githubApp ?? name);
  return [{ field: "spec.githubApp", value, known, isKnown: profileOfApp(agents, value) !== undefined }];
}
