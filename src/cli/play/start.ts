import { Command, Option } from "commander";
import { CodeRuns, stageLabel, type CodeRun } from "../../api/coderun.js";
import type { PlayParameters } from "../../argo/play.js";
import { OperationError } from "../../operations/operation-error.js";
import { hasPlayTemplate, startWorkflow } from "../../operations/plays.js";
import { codeRunName, submit } from "../../operations/submit.js";
import { printable } from "../../printable.js";
import { inCluster, withAccessOptions, type AccessOptions, type ClusterAccess } from "../cluster-access.js";
import { processIo, withExitCode, type CommandIo } from "../io.js";
import { positiveInteger } from "../options.js";
import { codeSpec } from "../task/code.js";
import { failAsUsage } from "../task/fail-as-usage.js";

interface Options extends AccessOptions {
  readonly service?: string;
  readonly repo?: string;
  readonly docsRepo?: string;
  readonly docsProjectDirectory?: string;
  readonly docsBranch?: string;
  readonly workingDirectory?: string;
  readonly implementationAgent: string;
  readonly qualityAgent?: string;
  readonly testingAgent?: string;
  readonly model?: string;
  readonly repositorySemaphore?: string;
  readonly organizationSemaphore?: string;
  readonly engine?: "argo" | "rules";
}

/** `orchestrator play start`. Exit codes: 0 started, or running already; 1 the API server refuses; 2 wrong usage or no cluster. */
export function startCommand(io: CommandIo = processIo): Command {
  return withAccessOptions(new Command("start"))
    .description(
      "start the play of a task: submit its Workflow where the namespace has config/argo, else create the CodeRun of its implementation",
    )
    .argument("<task-id>", "number of the task", positiveInteger)
    .requiredOption("--implementation-agent <app>", "GitHub App of the implementing agent, such as 5DLabs-Rex")
    .option("--quality-agent <app>", "GitHub App of the agent for quality; with Argo only")
    .option("--testing-agent <app>", "GitHub App of the testing agent; with Argo only")
    .option("-s, --service <name>", "service (default: name of the repository)")
    .option("-r, --repo <url>", "repository that the agents work in (default: the remote origin)")
    .option("--docs-repo <url>", "repository with the documents of the tasks (default: the same)")
    .option("--docs-project-directory <path>", "directory of .taskmaster in it (default: as in the current repository)")
    .option("--docs-branch <name>", "branch of that repository (default: main)")
    .option("--working-directory <path>", "directory of the service in the repository")
    .option("-m, --model <name>", "model (default: the configuration's)")
    .option("--repository-semaphore <key>", "key of the ConfigMap orchestrator-semaphores; with Argo only")
    .option("--organization-semaphore <key>", "key of the ConfigMap orchestrator-semaphores; with Argo only")
    .addOption(
      new Option(
        "--engine <engine>",
        "engine of the play: a Workflow, or github.rules (default: argo if the namespace has play-template)",
      ).choices(["argo", "rules"]),
    )
    .addHelpText("after", examples)
    .action(
      withExitCode(io, (task: number, options: Options) => {
        const spec = failAsUsage(() => specOf(task, options));
        return inCluster(options, io, (access) => start(task, spec, options, access, io));
      }),
    );
}

const examples = `
Examples:
  orchestrator play start 7 --implementation-agent 5DLabs-Rex              # in the current repository
  orchestrator play start 7 --repo acme/shop --implementation-agent Acme-Rex --engine rules`;

function specOf(task: number, options: Options): Readonly<Record<string, unknown>> {
  const { implementationAgent: githubApp, service, repo, docsRepo, docsProjectDirectory } = options;
  const { docsBranch, workingDirectory, model, engine } = options;
  if (engine === "rules")
    for (const option of ["qualityAgent", "testingAgent", "repositorySemaphore", "organizationSemaphore"] as const)
      if (options[option] !== undefined)
        throw new OperationError(
          `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}: only a Workflow takes it; omit it, or --engine rules`,
        );
  const given = { githubApp, service, repo, docsRepo, docsProjectDirectory, docsBranch, workingDirectory, model };
  const present = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return codeSpec(task, { ...present, output: "table" }, process.cwd());
}

async function start(
  task: number,
  spec: Readonly<Record<string, unknown>>,
  options: Options,
  { client, namespace }: ClusterAccess,
  io: CommandIo,
): Promise<number> {
  const isArgo =
    options.engine === "argo" || (options.engine === undefined && (await hasPlayTemplate(client, namespace)));
  if (isArgo) {
    const { workflow, created } = await startWorkflow(client, { namespace, task }, parametersOf(spec, options));
    io.out(`workflow/${printable(workflow.metadata.name)} ${created ? "created" : "runs already"}\n`);
  } else {
    const run = {
      apiVersion: `${CodeRuns.group}/${CodeRuns.version}`,
      kind: CodeRuns.kind,
      metadata: {
        namespace,
        name: codeRunName(String(spec.service), task),
        labels: { [stageLabel]: "implementation" },
      },
      spec,
    } as unknown as CodeRun;
    const { run: stored, created } = await submit(client, CodeRuns, run);
    io.out(`coderun/${printable(stored.metadata.name)} ${created ? "created" : "exists already"}\n`);
  }
  io.out(`Follow it with: orchestrator play status ${task} -n ${printable(namespace)}\n`);
  return 0;
}

/** The parameters of config/argo/play-template.yaml; what is absent keeps its default there. */
function parametersOf(spec: Readonly<Record<string, unknown>>, options: Options): PlayParameters {
  const { implementationAgent, qualityAgent, testingAgent, repositorySemaphore, organizationSemaphore } = options;
  const all: Readonly<Record<string, unknown>> = {
    service: spec.service,
    repository: spec.repositoryUrl,
    "docs-repository": spec.docsRepositoryUrl,
    "docs-project-directory": spec.docsProjectDirectory,
    "docs-branch": spec.docsBranch,
    "working-directory": spec.workingDirectory,
    model: spec.model,
    "implementation-agent": implementationAgent,
    "quality-agent": qualityAgent,
    "testing-agent": testingAgent,
    "repository-semaphore": repositorySemaphore,
    "organization-semaphore": organizationSemaphore,
  };
  const present = Object.entries(all).filter(([, value]) => value !== undefined);
  return {
    "task-id": String(spec.taskId),
    ...Object.fromEntries(present.map(([name, value]) => [name, String(value)])),
  };
}
