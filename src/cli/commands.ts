/** All commands, each loaded only when it is used: `orchestrator validate` does not load the operator, and help loads none. */
import { Command } from "commander";
import { version } from "../version.js";
import { addExamples } from "./examples.js";
import { exitOnUsageError } from "./options.js";

interface Entry {
  /** As the loaded command's, of which help without a command knows nothing. */
  readonly description: string;
  readonly load: () => Promise<Command>;
}

export const commands: Readonly<Record<string, Entry>> = {
  task: {
    description: "submit, list, follow and steer runs in a cluster",
    load: async () => (await import("./task/task.js")).taskCommand(),
  },
  play: {
    description: "start, show and cancel plays: implementation, quality, testing and merge of one task",
    load: async () => (await import("./play.js")).playCommand(),
  },
  cost: {
    description: "print the model usage of the runs in the cluster, and its cost",
    load: async () => (await import("./cost.js")).costCommand(),
  },
  budget: {
    description: "list Budgets: how far they are spent, and which runs wait for them",
    load: async () => (await import("./budget/budget.js")).budgetCommand(),
  },
  validate: {
    description:
      "check TaskRuns, CodeRuns, DocsRuns and Budgets in files with the cluster's admission rules; all files are checked together",
    load: async () => (await import("./validate.js")).validateCommand(),
  },
  render: {
    description: "render the files that attempts of TaskRuns, CodeRuns and DocsRuns would get",
    load: async () => (await import("./render.js")).renderCommand(),
  },
  convert: {
    description: "convert TaskRuns, CodeRuns and DocsRuns of older API groups and versions to orchestrator.io/v1",
    load: async () => (await import("./convert.js")).convertCommand(),
  },
  config: {
    description: "show, explain, check and convert the operator's configuration",
    load: async () => (await import("./config.js")).configCommand(),
  },
  github: {
    description: "list webhooks of GitHub, what is decided about them and why, and request other decisions",
    load: async () => (await import("./github.js")).githubCommand(),
  },
  doctor: {
    description:
      "check an installation: rights, CRDs, webhooks, operator, configuration, storage, Secrets, clock and network; exits with 1 if there are errors",
    load: async () => (await import("./doctor.js")).doctorCommand(),
  },
  "support-bundle": {
    description: "write the state of an installation to one file, without secrets, prompts or agent logs",
    load: async () => (await import("./support-bundle.js")).supportBundleCommand(),
  },
  health: {
    description: "check that a server works, or that a cluster's operator, webhooks and server are ready",
    load: async () => (await import("./health.js")).healthCommand(),
  },
  "release-runs": {
    description:
      "stop the operator, delete its webhook configurations and remove its finalizers from runs and Jobs, so that it can be uninstalled; no run is deleted",
    load: async () => (await import("./release-runs.js")).releaseRunsCommand(),
  },
  ui: {
    description: "open the page in a browser, with the rights of the kubeconfig",
    load: async () => (await import("./ui.js")).uiCommand(),
  },
  manager: {
    description: "run the operator: webhooks, caches and, on the leader, controllers",
    load: async () => (await import("./manager.js")).managerCommand(),
  },
  server: {
    description: "serve the REST API and the page, with the rights of each caller",
    load: async () => (await import("./server.js")).serverCommand(),
  },
  gateway: {
    description:
      "proxy the model requests of one pod's agent, with keys that the agent does not have, and count its usage",
    load: async () => (await import("./gateway.js")).gatewayCommand(),
  },
  cluster: {
    description: "manage local Kubernetes clusters with a real API server and a real or simulated node",
    load: async () => (await import("./cluster.js")).clusterCommand(),
  },
  version: {
    description: "print the version of this program and of the operator in the cluster",
    load: async () => (await import("./version.js")).versionCommand(),
  },
  completion: {
    description: "print the script that completes commands, options and names of runs in a shell",
    load: async () => (await import("./completion.js")).completionCommand(),
  },
};

/** The program without its commands. @param name `orchestrator`, or `kubectl orchestrator` for the plug-in */
function createProgram(name: string): Command {
  return new Command(name)
    .description("run AI coding agents as Kubernetes custom resources")
    .version(version)
    .showHelpAfterError(`(see ${name} --help)`);
}

async function loaded(name: string, load: Entry["load"]): Promise<Command> {
  const command = await load();
  addExamples(command, name);
  return command;
}

/** The program with all commands loaded: for their documentation. */
export async function wholeProgram(): Promise<Command> {
  const program = createProgram("orchestrator");
  for (const [name, { load }] of Object.entries(commands)) program.addCommand(await loaded(name, load));
  return program;
}

/** The program with one command, or with the names of all of them for help and suggestions. */
export async function programWith(name: string, wanted: string | undefined): Promise<Command> {
  const program = createProgram(name);
  for (const [command, { description, load }] of Object.entries(commands))
    if (command === wanted) program.addCommand(await loaded(command, load));
    else program.addCommand(new Command(command).description(description));
  for (const command of [program, ...program.commands]) exitOnUsageError(command);
  return program;
}
