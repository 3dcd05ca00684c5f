import { DocsRuns, cleanupFinalizer, labelsOf, workspaceOf, type DocsRun } from "../../api/docsrun.js";
import { docsrunSchema } from "../../api/generated/docsrun.schema.js";
import { repositoryKey } from "../../api/git.js";
import { structuralSchema } from "../../runtime/schema/structural.js";
import type { AdmittedKind } from "../../admission/kind.js";
import { textIn } from "../../admission/view.js";
import { agentDefaults, listedApp, repositoryRules, secretAdvice } from "../repository-admission.js";

export const admittedDocsRun: AdmittedKind<DocsRun> = {
  type: DocsRuns,
  schema: structuralSchema(docsrunSchema),
  finalizer: cleanupFinalizer,
  rules: repositoryRules,
  secretAdvice,
  immutable: ["workingDirectory", "githubUser", "githubApp"],
  labels: labelsOf,
  injected: (spec, configuration) => agentDefaults(configuration, textIn(spec, "githubApp"), textIn(spec, "cli")),
  workspace: (spec) => {
    const workingDirectory = textIn(spec, "workingDirectory");
    return workingDirectory === undefined ? undefined : workspaceOf({ workingDirectory });
  },
  work: ({ spec, repositories: [repository] }) => {
    const directory = textIn(spec, "workingDirectory");
    const branch = textIn(spec, "sourceBranch");
    if (directory === undefined || branch === undefined || repository === undefined) return undefined;
    const where = repositoryKey(repository.url);
    return {
      key: [where, branch, directory].join("\n"),
      field: "spec.workingDirectory",
      value: directory,
      words: `the documentation of ${JSON.stringify(directory)} in ${where}, branch ${JSON.stringify(branch)}`,
    };
  },
  listed: listedApp,
};
