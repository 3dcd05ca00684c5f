import { Command } from "commander";
import { DocsRuns } from "../../api/docsrun.js";
import { docsRunName } from "../../operations/submit.js";
import { OperationError } from "../../operations/operation-error.js";
import type { WantedRun } from "../../operations/preview-run.js";
import { currentRepository } from "../current-repository.js";
import { withExitCode, type CommandIo } from "../io.js";
import { failAsUsage } from "./fail-as-usage.js";
import { repositoryRunSpec, withRepositoryRunOptions, type RepositoryRunOptions } from "./repository-run.js";
import { submitRuns, withSubmitOptions, type SubmitOptions } from "./submit-runs.js";

interface Options extends SubmitOptions, RepositoryRunOptions {
  readonly workingDirectory?: string;
  readonly sourceBranch?: string;
  readonly includeCodebase?: boolean;
}

/** `orchestrator task docs`. Exit codes: 0 success; 1 refused, not confirmed, or with --watch it did not succeed; 2 wrong usage or no cluster. */
export function docsCommand(io: CommandIo): Command {
  const command = new Command("docs")
    .description("create a DocsRun, which writes the documents of a repository's tasks")
    .option(
      "-d, --working-directory <path>",
      "spec.workingDirectory: directory that contains .taskmaster (default: where you are in the repository)",
    )
    .option("-r, --repo <url>", "spec.repositoryUrl (default: the remote origin)")
    .option("-b, --source-branch <name>", "spec.sourceBranch (default: the current branch)");
  return withSubmitOptions(
    withRepositoryRunOptions(command, "spec.cli").option(
      "--include-codebase",
      "spec.includeCodebase: the agent reads the code, too",
    ),
  )
    .addHelpText("after", examples)
    .action(withExitCode(io, (options: Options) => docs(options, io)));
}

const examples = `
Examples:
  orchestrator task docs --working-directory _projects/trader --model opus
  orchestrator task docs -w                     # in the current repository; follows it until it ends
  orchestrator task docs --repo acme/platform --source-branch main --github-user acme-docs --dry-run -o yaml`;

function docs(options: Options, io: CommandIo): number | Promise<number> {
  const spec = failAsUsage(() => docsSpec(options, process.cwd()));
  const [url, directory, branch] = [spec.repositoryUrl, spec.workingDirectory, spec.sourceBranch].map(String);
  const name = docsRunName(url ?? "", directory ?? "", branch ?? "");
  return submitRuns(({ namespace }): WantedRun[] => [{ type: DocsRuns, namespace, name, spec }], options, io);
}

/** The spec that the options and the repository around a directory give. @throws OperationError that names the option */
export function docsSpec(options: Options, directory: string): Readonly<Record<string, unknown>> {
  const current = currentRepository(directory);
  const shared = repositoryRunSpec(options, current);
  // where a person is says nothing of another repository
  const here = options.repo === undefined ? current : undefined;
  const sourceBranch = options.sourceBranch ?? here?.branch;
  if (sourceBranch === undefined)
    throw new OperationError("there is no current branch of that repository here; name one with --source-branch");
  return {
    ...{ ...shared, sourceBranch, workingDirectory: options.workingDirectory ?? here?.path ?? "." },
    ...(options.cli !== undefined && { cli: options.cli }),
    ...(options.includeCodebase === true && { includeCodebase: true }),
  };
}
