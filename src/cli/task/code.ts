import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { Command, Option } from "commander";
import { CodeRuns } from "../../api/coderun.js";
import { codeRunName } from "../../operations/submit.js";
import { OperationError } from "../../operations/operation-error.js";
import type { WantedRun } from "../../operations/preview-run.js";
import { currentRepository, repositoryName, type CurrentRepository } from "../current-repository.js";
import { withExitCode, type CommandIo } from "../io.js";
import { positiveInteger } from "../options.js";
import { findTaskDirectory } from "../task-master/task-directory.js";
import { failAsUsage } from "./fail-as-usage.js";
import { repositoryRunSpec, urlOf, withRepositoryRunOptions, type RepositoryRunOptions } from "./repository-run.js";
import { submitRuns, withSubmitOptions, type SubmitOptions } from "./submit-runs.js";

interface Options extends SubmitOptions, RepositoryRunOptions {
  readonly service?: string;
  readonly docsRepo?: string;
  readonly docsProjectDirectory?: string;
  readonly docsBranch?: string;
  readonly workingDirectory?: string;
  readonly toolConfig?: string;
  readonly taskDescription?: string;
  readonly promptModification?: string;
  readonly promptMode?: string;
  readonly contextVersion?: number;
  readonly continueSession?: boolean;
  readonly overwriteMemory?: boolean;
}

/** `orchestrator task code`. Exit codes: 0 success; 1 refused, not confirmed, or with --watch it did not succeed; 2 wrong usage or no cluster. */
export function codeCommand(io: CommandIo): Command {
  const command = new Command("code")
    .description("create a CodeRun, which implements a task in a repository")
    .argument("<task-id>", "spec.taskId: number of the task", positiveInteger)
    .option("-s, --service <name>", "spec.service (default: name of the repository)")
    .option("-r, --repo <url>", "spec.repositoryUrl (default: the remote origin)")
    .option(
      "--docs-repo <url>",
      "spec.docsRepositoryUrl: repository with the documents of the tasks (default: the same)",
    )
    .option(
      "--docs-project-directory <path>",
      "spec.docsProjectDirectory (default: where .taskmaster is in the current repository)",
    )
    .option("--docs-branch <name>", "spec.docsBranch (default: main)")
    .option(
      "--working-directory <path>",
      "spec.workingDirectory (default: where you are in the repository, else the service)",
    );
  return withSubmitOptions(
    withRepositoryRunOptions(command, "spec.cliConfig.cliType")
      .addOption(
        new Option("--tool-config <preset>", "spec.toolConfig (default: default)").choices([
          "minimal",
          "default",
          "advanced",
        ]),
      )
      .option(
        "--task-description <text>",
        "spec.taskDescription: the task in Markdown, instead of the documents in the docs repository",
      )
      .option("--prompt-modification <text>", "spec.promptModification: additional instructions")
      .addOption(new Option("--prompt-mode <mode>", "spec.promptMode (default: append)").choices(["append", "replace"]))
      .option("--context-version <number>", "spec.contextVersion: a higher one starts another attempt", positiveInteger)
      .option("--continue-session", "spec.continueSession: continue the last session in the workspace")
      .option("--overwrite-memory", "spec.overwriteMemory: replace CLAUDE.md even if the workspace has one"),
  )
    .addHelpText("after", examples)
    .action(withExitCode(io, (taskId: number, options: Options) => code(taskId, options, io)));
}

const examples = `
Examples:
  orchestrator task code 1 --service trader --repo git@github.com:5dlabs/platform.git --github-user swe-1-5dlabs
  orchestrator task code 1 -w                              # in the current repository; follows it until it ends
  orchestrator task code 1 --env LOG=a,b --env-from-secrets TOKEN:api-keys:token
  orchestrator task code 1 --dry-run -o yaml               # the object, as admission completes it`;

function code(taskId: number, options: Options, io: CommandIo): number | Promise<number> {
  const spec = failAsUsage(() => codeSpec(taskId, options, process.cwd()));
  const name = codeRunName(String(spec.service), taskId);
  return submitRuns(({ namespace }): WantedRun[] => [{ type: CodeRuns, namespace, name, spec }], options, io);
}

/** The spec that the options and the repository around a directory give. @throws OperationError that names the option */
export function codeSpec(taskId: number, options: Options, directory: string): Readonly<Record<string, unknown>> {
  const current = currentRepository(directory);
  const shared = repositoryRunSpec(options, current);
  const service = options.service ?? repositoryName(String(shared.repositoryUrl));
  if (service === "" || service.length > 63)
    throw new OperationError("the repository's name is not valid as a service name; name one with --service");
  const workingDirectory =
    options.workingDirectory ?? (options.repo === undefined ? placeIn(current, service) : undefined);
  const isCurrentDocs = options.docsRepo === undefined && options.repo === undefined;
  const docsProjectDirectory =
    options.docsProjectDirectory ?? (isCurrentDocs ? projectIn(current, directory) : undefined);
  const {
    cli,
    docsBranch,
    toolConfig,
    taskDescription,
    promptModification,
    promptMode,
    contextVersion,
    continueSession,
    overwriteMemory,
  } = options;
  const given = {
    ...{
      docsBranch,
      toolConfig,
      taskDescription,
      promptModification,
      promptMode,
      contextVersion,
      continueSession,
      overwriteMemory,
    },
    ...{ workingDirectory, docsProjectDirectory },
    cliConfig: cli === undefined ? undefined : { cliType: cli },
  };
  const docsRepositoryUrl =
    options.docsRepo === undefined ? shared.repositoryUrl : urlOf("--docs-repo", options.docsRepo, undefined);
  const present = Object.entries(given).filter(([, value]) => value !== undefined);
  return { taskId, service, ...shared, docsRepositoryUrl, ...Object.fromEntries(present) };
}

/** Where the person is, below the root. At the root: the root, unless a directory is named as the service, which is admission's default. */
function placeIn(current: CurrentRepository | undefined, service: string): string | undefined {
  if (current === undefined) return undefined;
  if (current.path !== ".") return current.path;
  return existsSync(join(current.root, service)) ? undefined : ".";
}

function projectIn(current: CurrentRepository | undefined, directory: string): string | undefined {
  if (current === undefined) return undefined;
  try {
    return relative(current.root, findTaskDirectory(directory).project) || undefined;
  } catch (error) {
    if (error instanceof OperationError) return undefined;
    throw error;
  }
}
