/** What a person can do about a pod that does not start: where the wrong value was set, and the command that tries again. Pure. */
import type { StartProblem } from "./start-problem.js";
import type { AgentRun, RunKind } from "./run.js";
import { injectedPaths } from "../api/injected.js";
import type { Stored } from "../runtime/client/objects.js";
import type { Configuration } from "../configuration/configuration.js";
import { operatorNames } from "../configuration/names.js";

/** A sentence without its full stop; undefined if the problem's own words are all there is to say. */
export function startRemedy<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  configuration: Configuration,
  { reason, image }: Pick<StartProblem, "reason" | "image">,
): string | undefined {
  if (reason === "ServiceAccountMissing") return serviceAccountRemedy(kind, run, configuration);
  if (reason === "SecretMissing") return `Create it; after the attempt has ended also run ${retry(kind, run)}`;
  if (image === undefined) return undefined;
  if (image === run.spec.image) return imageRemedy(kind, run, configuration, image);
  const { initContainer, gateway } = configuration;
  const key = Object.entries({ "initContainer.image": initContainer.image, "gateway.image": gateway.image }).find(
    ([, configured]) => configured === image,
  )?.[0];
  return key && `${correct(key)}, and run ${retry(kind, run)}`;
}

function imageRemedy<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  { agent }: Configuration,
  image: string,
): string {
  if (!injectedPaths(run.metadata).includes("image"))
    return `Make the image available, or use another: ${retry(kind, run, { image: "<image>" })}`;
  const program = Object.keys(agent.cliImages).find((name) => agent.cliImages[name] === image);
  if (program === undefined && agent.image !== image)
    return `The configuration has another image by now; to use it run ${retry(kind, run)}`;
  const key = program === undefined ? "agent.image" : `agent.cliImages.${program}`;
  return `Make the image available, or ${correct(key, "correct")}, and run ${retry(kind, run)}`;
}

function serviceAccountRemedy<R extends AgentRun>(kind: RunKind<R>, run: Stored<R>, { agent }: Configuration): string {
  if (!injectedPaths(run.metadata).includes("serviceAccountName"))
    return `Create it, or use another: ${retry(kind, run, { serviceAccountName: "<name>" })}`;
  return agent.serviceAccountName === run.spec.serviceAccountName
    ? `Create it, or ${correct("agent.serviceAccountName", "correct")}, and run ${retry(kind, run)}`
    : `The configuration has another ServiceAccount by now; to use it run ${retry(kind, run)}`;
}

function correct(key: string, verb = "Correct"): string {
  return `${verb} ${key} in the operator's ConfigMap ${operatorNames.configuration}`;
}

/** The command that starts another attempt, with these changes. */
function retry<R extends AgentRun>({ type }: RunKind<R>, { metadata, spec }: Stored<R>, changes: object = {}): string {
  const patch = JSON.stringify({ spec: { ...changes, retryAttempt: (spec.retryAttempt ?? 1) + 1 } });
  const namespace = metadata.namespace ?? "default";
  return `\`kubectl -n ${namespace} patch ${type.plural}.${type.group} ${metadata.name} --type merge -p '${patch}'\``;
}
