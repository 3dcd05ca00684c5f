import { Command } from "commander";
import { dnsLabel } from "../../api/git.js";
import { TaskRuns } from "../../api/taskrun.js";
import { OperationError } from "../../operations/operation-error.js";
import type { WantedRun } from "../../operations/preview-run.js";
import { aligned } from "../aligned.js";
import { currentRepository } from "../current-repository.js";
import { withExitCode, type CommandIo } from "../io.js";
import { repeatable } from "../options.js";
import type { Runs } from "../runs/runs.js";
import { readTasks, type TaskList } from "../task-master/read-tasks.js";
import { findTaskDirectory, type TaskDirectory } from "../task-master/task-directory.js";
import { isDone, isPending, type Task } from "../task-master/task.js";
import { failAsUsage } from "./fail-as-usage.js";
import { onTerminal } from "./run-output.js";
import { submitRuns, withSubmitOptions, type SubmitOptions } from "./submit-runs.js";
import { runName, serviceOf, wantedTask, type TaskRunOptions } from "./task-run.js";

interface Options extends SubmitOptions, TaskRunOptions {
  readonly allPending?: boolean;
  readonly directory?: string;
  readonly tag?: string;
}

/**
 * `orchestrator task submit`. Exit codes: 0 success; 1 refused, not confirmed, or with --watch a run did not succeed; 2 wrong usage or no cluster.
 */
export function submitCommand(io: CommandIo): Command {
  const command = new Command("submit")
    .description("create TaskRuns from the tasks of a Task Master directory")
    .argument("[task-id...]", "numbers of the tasks; without any, the pending ones are listed")
    .option("--all-pending", "submit every pending task")
    .option("-d, --directory <path>", "Task Master directory (default: .taskmaster, here or above in the repository)")
    .option("--tag <name>", "tag of the tasks (default: currentTag of state.json, else master)")
    .option("-s, --service <name>", "spec.serviceName (default: name of the repository)")
    .option("-a, --agent-name <name>", "spec.agentName (default: the configuration's)")
    .option("-m, --model <name>", "spec.model (default: the configuration's)")
    .option(
      "-r, --repository <url>",
      "spec.repository.url; with --branch, --github-user or --github-app alone: the remote origin",
    )
    .option("-b, --branch <name>", "spec.repository.branch (default: main)")
    .option("--github-user <login>", "spec.repository.githubUser, whose Secret has the credentials")
    .option("--github-app <name>", "spec.githubApp, instead of a user (default: that of the agent's profile)")
    .option(
      "-t, --tool <name:bool>",
      "spec.agentTools: a tool and whether it may be used, such as bash:false; can be repeated",
      repeatable,
    )
    .option("-c, --context-file <file>", "spec.markdownFiles: a further file as context; can be repeated", repeatable);
  return withSubmitOptions(command)
    .addHelpText("after", examples)
    .action(withExitCode(io, (ids: readonly string[], options: Options) => submit(ids, options, io)));
}

const examples = `
Examples:
  orchestrator task submit                              # lists the pending tasks
  orchestrator task submit 5 --service auth --dry-run   # checks it; nothing is stored
  orchestrator task submit 5 6 -w                       # and follows both until they end
  orchestrator task submit 5 -t bash:false --context-file notes.md
  orchestrator task submit 5 --restart --yes            # another attempt, if its files have changed`;

async function submit(ids: readonly string[], options: Options, io: CommandIo): Promise<number> {
  const { directory, list } = failAsUsage(() => {
    const found = findTaskDirectory(process.cwd(), options.directory);
    return { directory: found, list: readTasks(found, options.tag) };
  });
  if (ids.length === 0 && options.allPending !== true) return listPending(list, directory, io);
  const tasks = failAsUsage(() =>
    ids.length === 0 ? list.tasks.filter(isPending) : ids.map((id) => taskWith(id, list, directory)),
  );
  if (tasks.length === 0) {
    io.err(`No task of ${directory.tasksFile} is pending.\n`);
    return 0;
  }
  for (const task of tasks)
    if (isDone(task)) io.err(`note: task ${task.id} is ${task.status} in ${directory.tasksFile}\n`);
  const repository = currentRepository(directory.project);
  const service = failAsUsage(() => serviceOf(options, repository, directory));
  return submitRuns((runs) => wantedRuns(tasks, list, directory, service, options, runs, io), options, io);
}

function taskWith(id: string, { tasks, tag }: TaskList, { tasksFile }: TaskDirectory): Task {
  const task = tasks.find((each) => each.id === id);
  if (task !== undefined) return task;
  const parent = tasks.find((each) => id.startsWith(`${each.id}.`));
  if (parent !== undefined) throw subtaskError(id, parent, tasks);
  const known = tasks.slice(0, 20).map((each) => each.id);
  throw new OperationError(
    `${tasksFile} has no task ${JSON.stringify(id)} with tag ${tag}; it has ${known.join(", ") || "none"}${tasks.length > 20 ? ", ..." : ""}`,
  );
}

/** Why a subtask has no run: a run is identified by service and number of a task, on which its Jobs and its starting once rest. */
function subtaskError(id: string, parent: Task, tasks: readonly Task[]): OperationError {
  const all = (task: Task): string[] => task.subtasks.flatMap((each) => [each.id, ...all(each)]);
  const known = all(parent);
  if (!known.includes(id)) {
    const list = known.length === 0 ? "it has none" : `it has ${known.slice(0, 20).join(", ")}`;
    return new OperationError(`task ${parent.id} has no subtask ${JSON.stringify(id)}; ${list}`);
  }
  const numbers = tasks.map((task) => Number(task.id)).filter((number) => Number.isInteger(number));
  return new OperationError(
    `${id} is a subtask, and a run does a whole task: submit ${parent.id}, whose task.md lists its subtasks, ` +
      `or make it a task of its own: task-master move --from=${id} --to=${Math.max(0, ...numbers) + 1}`,
  );
}

function listPending({ tasks, tag }: TaskList, { tasksFile }: TaskDirectory, io: CommandIo): number {
  const pending = tasks.filter(isPending);
  if (pending.length === 0) {
    io.err(
      `No task of ${tasksFile} (tag ${tag}) is pending. Name a task to submit it anyway: orchestrator task submit ID\n`,
    );
    return 2;
  }
  const rows = pending.map(({ id, priority = "", dependencies, title }) => [
    id,
    priority,
    dependencies.join(","),
    title,
  ]);
  io.out(
    aligned(
      [["ID", "PRIORITY", "DEPENDS ON", "TITLE"], ...rows.map((row) => row.map(oneLine))],
      onTerminal(io.terminal),
    ),
  );
  const [first, second] = pending;
  const some = [first, second].flatMap((task) => task?.id ?? []).join(" ");
  io.err(
    `\nName the tasks to submit, such as: orchestrator task submit ${some}\nor submit all of these with --all-pending\n`,
  );
  return 2;
}
const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ");

async function wantedRuns(
  tasks: readonly Task[],
  list: TaskList,
  directory: TaskDirectory,
  service: string,
  options: Options,
  runs: Runs,
  io: CommandIo,
): Promise<WantedRun[]> {
  const { namespace } = runs;
  const stored = (name: string): ReturnType<Runs["stored"]> => runs.stored(TaskRuns, name);
  const named = new Set(tasks.map(({ id }) => id));
  const wanted: WantedRun[] = [];
  for (const task of tasks) {
    const name = runName(service, list.tag, task.id);
    const before = new Set((await stored(name))?.spec.dependsOn);
    const dependsOn: string[] = [];
    for (const id of task.dependencies) {
      const other = list.tasks.find((each) => each.id === id);
      const otherName = dnsLabel(id) === "" ? "" : runName(service, list.tag, id);
      // one that was done meanwhile stays: without it the same request would be another one
      if ((other === undefined || isDone(other)) && !before.has(otherName)) continue;
      dependsOn.push(otherName);
      if (!named.has(id) && !before.has(otherName) && (await stored(otherName)) === undefined)
        io.err(`note: task ${task.id} waits for task ${id}, which has no run yet: orchestrator task submit ${id}\n`);
    }
    wanted.push({
      type: TaskRuns,
      namespace,
      name,
      spec: wantedTask(task, list.tag, directory, service, dependsOn, options),
    });
  }
  return wanted;
}
