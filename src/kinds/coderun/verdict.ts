/** What follows the verdict of a quality or testing run. Pure. */
import { pullRequestLabel, type CodeRun } from "../../api/coderun.js";
import { actsOfApp } from "../../configuration/agents.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { Verdict } from "../git.js";
import { stepOf } from "../trace-labels.js";

/** Label of a pull request that may be tested. */
export const readyForTesting = "ready-for-qa";

/** By the role of the run and what its agent may do. Undefined: nothing follows. */
export function verdictOf(run: CodeRun, { agents }: Pick<Configuration, "agents">): Verdict | undefined {
  const may = actsOfApp(agents, run.spec.githubApp);
  const stage = stepOf(run);
  const approves = stage === "testing" || stage === "acceptance";
  const passes = {
    ...(stage === "quality" && may.includes("label") && { label: readyForTesting }),
    ...(approves && may.includes("approve") && { approve: true as const }),
  };
  const judges = stage === "quality" || approves;
  const fails = judges && may.includes("requestChanges") ? { requestChanges: true as const } : {};
  const acts = { ...passes, ...fails };
  if (Object.keys(acts).length === 0) return undefined;
  const number = Number(run.metadata?.labels?.[pullRequestLabel] ?? "");
  return { ...acts, ...(Number.isSafeInteger(number) && number > 0 && { pullRequest: number }) };
}
