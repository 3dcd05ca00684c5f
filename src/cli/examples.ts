/** Examples at the end of help texts, by the path of the command. Commands with examples of their own are not here. */
import type { Command } from "commander";

const examples: Readonly<Record<string, readonly string[]>> = {
  "task logs": [
    "task logs auth-task-5",
    "task logs 5 -f                       # also through further attempts",
    "task logs 5 --attempt 2 --tail 50",
  ],
  "task wait": [
    "task wait 5 --timeout 600             # 0 if it succeeded, 124 after ten minutes",
    "task wait auth-task-5 --for running",
  ],
  "task retry": ["task retry auth-task-5", "task retry 5 --replace                # stops a running attempt"],
  "task suspend": ["task suspend auth-task-5"],
  "task resume": ["task resume auth-task-5"],
  "task cancel": ["task cancel auth-task-5"],
  "task delete": ["task delete auth-task-5", "task delete coderun/auth-code-5 --no-wait"],
  validate: ["validate -f taskrun.yaml", "validate --strict -f manifests/       # for CI: warnings fail, too"],
  render: ["render -f coderun.yaml                # to standard output", "render -f coderun.yaml -o rendered/"],
  convert: ["convert -f older.yaml > taskruns.yaml"],
  "config show": [
    "config show                           # what is in force in the cluster",
    "config show -f config.yaml",
  ],
  "config get": ["config get agent.model", "config get concurrency"],
  "config list": ["config list"],
  "config validate": ["config validate -f config.yaml"],
  "config convert": ["config convert -f values.yaml > configuration.yaml"],
  doctor: [
    "doctor",
    "doctor -n orchestrator --runs-namespace team-a",
    "doctor --probe-network                # creates three pods, and removes them",
  ],
  "release-runs": ["release-runs", "release-runs --running-agents leave"],
  "support-bundle": ["support-bundle", "support-bundle -n orchestrator --runs-namespace team-a -f bundle.tar.gz"],
  manager: ["manager                               # with the kubeconfig's cluster, or the pod's"],
  gateway: ["gateway --config gateway.yaml         # in a pod: the operator writes the file"],
  version: ["version", "version --client -o json"],
  "cluster up": ["cluster up --operator --kubeconfig ./kubeconfig", "cluster up --name test"],
  "cluster down": ["cluster down", "cluster down --name test"],
  "cluster status": ["cluster status"],
  "cluster load-image": ["cluster load-image demo-agent"],
};

/** Adds the examples to a command and those below it. @param path of the command, such as `task` */
export function addExamples(command: Command, path: string): void {
  const lines = Object.hasOwn(examples, path) ? examples[path] : undefined;
  if (lines !== undefined)
    command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  orchestrator ${line}`).join("\n")}`);
  for (const each of command.commands) addExamples(each, `${path} ${each.name()}`);
}
