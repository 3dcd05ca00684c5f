/** Names that only the cluster, the kubeconfig and Task Master's directory know. */
import { runType, runTypes } from "../../operations/any-run.js";
import { printable } from "../../printable.js";
import { contextNames } from "../../runtime/client/kubeconfig.js";
import type { CommandIo } from "../io.js";
import type { Runs } from "../runs/runs.js";
import { withRuns } from "../runs/with-runs.js";
import { readTasks } from "../task-master/read-tasks.js";
import { findTaskDirectory } from "../task-master/task-directory.js";
import { isPending } from "../task-master/task.js";
import type { Candidate, CommandWords, LiveNames } from "./candidates.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** Names of one request; more nobody reads in a shell. */
const limit = 500;

/** Asks the cluster, or the orchestrator server, that the words select. */
export function liveNames(environment: Environment = process.env): LiveNames {
  return {
    of: (what, words) => {
      if (what === "run") return withNames(words, environment, (runs) => runNames(runs, words));
      if (what === "budget") return withNames(words, environment, budgetNames);
      if (what === "namespace" || what === "runs-namespace")
        return withNames(namespaceAside(words), environment, async (runs) => plain(await runs.namespaces(limit)));
      if (what === "context") return contextNames(words.options.get("kubeconfig")).then(plain);
      if (what === "task-id" && words.command.name() === "submit") return Promise.resolve(taskIds(words));
      return undefined;
    },
  };
}

/** A list of namespaces needs none, also where no kubeconfig has one. */
const namespaceAside = (words: CommandWords): CommandWords => ({
  ...words,
  options: new Map([...words.options, ["namespace", "default"]]),
});

const plain = (names: readonly string[]): Candidate[] => names.map((value) => ({ value }));

/** The request to make, by the options that are already typed. */
async function withNames(
  { command, options }: CommandWords,
  environment: Environment,
  action: (runs: Runs) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const given = (name: string): string | undefined => options.get(name);
  const takesServer = command.options.some(({ long }) => long === "--server");
  const values = {
    ...{ kubeconfig: given("kubeconfig"), context: given("context"), namespace: given("namespace"), as: given("as") },
    ...{ serverCa: given("server-ca"), tokenFile: given("token-file") },
    server: takesServer ? (given("server") ?? environment.ORCHESTRATOR_SERVER) : undefined,
  };
  const present = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  let found: Candidate[] = [];
  await withRuns(present, silent, async (runs) => {
    found = await action(runs);
    return 0;
  });
  return found;
}

/** An error would appear in the line that a person is writing. */
const silent: CommandIo = {
  readStdin: () => "",
  out: () => undefined,
  err: () => undefined,
  exit: () => undefined,
};

/** Names as `task get` takes them: with the kind where the word begins with one, or where two kinds share a name. */
async function runNames(runs: Runs, words: CommandWords): Promise<Candidate[]> {
  const { namespace } = runs;
  const [kind, slash] = words.current.includes("/") ? [words.current.split("/")[0] ?? "", true] : ["", false];
  const all = await runs.names(slash ? [runType(kind)] : runTypes, { namespace }, limit);
  return all.map(({ type, name }) => {
    const isAmbiguous = all.some((other) => other.name === name && other.type !== type);
    const prefix = slash ? `${kind}/` : isAmbiguous ? `${type.kind.toLowerCase()}/` : "";
    return { value: `${prefix}${name}`, description: type.kind };
  });
}

async function budgetNames(runs: Runs): Promise<Candidate[]> {
  const { items } = await runs.budgets(runs.namespace);
  return plain(items.slice(0, limit).map(({ name }) => name));
}

function taskIds({ options, args }: CommandWords): Candidate[] {
  const { tasks } = readTasks(findTaskDirectory(process.cwd(), options.get("directory")), options.get("tag"));
  return tasks
    .filter((task) => isPending(task) && !args.includes(task.id))
    .map(({ id, title }) => ({ value: id, description: printable(title) }));
}
