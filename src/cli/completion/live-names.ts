/** Names that only the cluster, the kubeconfig and Task Master's directory know. */
import { runType, runTypes, type AnyRun } from "../../operations/any-run.js";
import { printable } from "../../printable.js";
import { Namespaces } from "../../runtime/client/builtin.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { contextNames } from "../../runtime/client/kubeconfig.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import { clientOf } from "../cluster-access.js";
import { readTasks } from "../task-master/read-tasks.js";
import { findTaskDirectory } from "../task-master/task-directory.js";
import { isPending } from "../task-master/task.js";
import type { Candidate, CommandWords, LiveNames } from "./candidates.js";

/** Names of one request; more nobody reads in a shell. */
const limit = 500;

/** Asks the cluster that the words select. @param signal ends what takes too long */
export function liveNames(signal: AbortSignal): LiveNames {
  return {
    of: (what, words) => {
      if (what === "run") return withClient(words, (client) => runNames(client, words, signal));
      if (what === "namespace" || what === "runs-namespace")
        return withClient(words, (client) => namespaces(client, signal));
      if (what === "context") return contextNames(words.options.get("kubeconfig")).then(plain);
      if (what === "task-id" && words.command.name() === "submit") return Promise.resolve(taskIds(words));
      return undefined;
    },
  };
}

const plain = (names: readonly string[]): Candidate[] => names.map((value) => ({ value }));

async function withClient<T>({ options }: CommandWords, action: (client: HttpClient) => Promise<T>): Promise<T> {
  const [kubeconfig, context, namespace, as] = ["kubeconfig", "context", "namespace", "as"].map((name) =>
    options.get(name),
  );
  const client = await clientOf({
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    ...(namespace !== undefined && { namespace }),
    ...(as !== undefined && { as }),
  });
  try {
    return await action(client);
  } finally {
    await client.close();
  }
}

async function namespaces(client: HttpClient, signal: AbortSignal): Promise<Candidate[]> {
  for await (const { items } of client.listPages(Namespaces, { metadataOnly: true, limit, signal }))
    return items.map(({ metadata }) => ({ value: metadata.name }));
  return [];
}

/** Names as `task get` takes them: with the kind where the word begins with one, or where two kinds share a name. */
async function runNames(client: HttpClient, words: CommandWords, signal: AbortSignal): Promise<Candidate[]> {
  const namespace = words.options.get("namespace") ?? client.namespace;
  const [kind, slash] = words.current.includes("/") ? [words.current.split("/")[0] ?? "", true] : ["", false];
  const types = slash ? [runType(kind)] : runTypes;
  const lists = await Promise.all(types.map((type) => namesOf(client, type, namespace, signal)));
  const all = lists.flat();
  return all.map(({ type, name }) => {
    const isAmbiguous = all.some((other) => other.name === name && other.type !== type);
    const prefix = slash ? `${kind}/` : isAmbiguous ? `${type.kind.toLowerCase()}/` : "";
    return { value: `${prefix}${name}`, description: type.kind };
  });
}

async function namesOf(
  client: HttpClient,
  type: ResourceType<AnyRun>,
  namespace: string,
  signal: AbortSignal,
): Promise<{ readonly type: ResourceType<AnyRun>; readonly name: string }[]> {
  for await (const { items } of client.listPages(type, { namespace, metadataOnly: true, limit, signal }))
    return items.map(({ metadata: { name } }) => ({ type, name }));
  return [];
}

function taskIds({ options, args }: CommandWords): Candidate[] {
  const { tasks } = readTasks(findTaskDirectory(process.cwd(), options.get("directory")), options.get("tag"));
  return tasks
    .filter((task) => isPending(task) && !args.includes(task.id))
    .map(({ id, title }) => ({ value: id, description: printable(title) }));
}
