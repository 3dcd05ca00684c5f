/** Archived runs. The server reads the archive with its own credentials, and asks the API server what the caller may read. */
import type { ArchiveKey, ArchiveStore } from "../../archive/archive-store.js";
import { runType, runTypes, type AnyRun } from "../../operations/any-run.js";
import { archivedPage, archivedRun, archivedTranscript } from "../../operations/archived-runs.js";
import { isAllowed } from "../../operations/caller.js";
import { OperationError } from "../../operations/operation-error.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import type { Call, Handlers } from "../call.js";
import { Problem } from "../problem.js";
import { pathOf } from "./run-path.js";

interface ListQuery {
  readonly namespace: string;
  readonly kind?: readonly string[];
  readonly name?: string;
  readonly limit?: number;
  readonly continue?: string;
}

type Ids = "listArchivedRuns" | "getArchivedRun" | "getArchivedTranscript";

/** @param store undefined: there is no archive */
export function archiveHandlers(store: ArchiveStore | undefined): Handlers<Ids> {
  return {
    listArchivedRuns: async (call) => {
      const { namespace, kind, name, limit = 100, continue: token = "" } = call.parametersAs<ListQuery>();
      const kinds = kind?.map(runType);
      const asked = runTypes.filter((type) => kinds === undefined || kinds.includes(type));
      const types = await readable(call, asked, namespace);
      const options = { types, namespace, limit, token, ...(name !== undefined && { name }) };
      return { body: await read(store, (from) => archivedPage(from, options, call.signal)) };
    },
    getArchivedRun: async (call) => {
      const key = await readableKey(call);
      return { body: await read(store, (from) => archivedRun(from, key, call.signal)) };
    },
    getArchivedTranscript: async (call) => {
      const { archivedAttempt: attempt } = call.parametersAs<{ readonly archivedAttempt: number }>();
      const key = await readableKey(call);
      // what whoever reads the log of a pod needs, too
      const attributes = { group: "", resource: "pods", subresource: "log", namespace: key.namespace, verb: "get" };
      if (!(await isAllowed(call.client, attributes, call.signal)))
        throw forbidden(`get the logs of pods in namespace ${key.namespace}`);
      return { body: await read(store, (from) => archivedTranscript(from, { ...key, attempt }, call.signal)) };
    },
  };
}

/** @throws Problem if the caller may not get the run */
async function readableKey(call: Call): Promise<ArchiveKey> {
  const { type, namespace, name } = pathOf(call);
  const { archivedUid: uid } = call.parametersAs<{ readonly archivedUid: string }>();
  const attributes = { group: type.group, resource: type.plural, namespace, name, verb: "get" };
  if (!(await isAllowed(call.client, attributes, call.signal)))
    throw forbidden(`get ${type.plural} in namespace ${namespace}`);
  return { namespace, plural: type.plural, name, uid };
}

/** The kinds among these that the caller may list. @throws Problem if there is none */
async function readable(
  { client, signal }: Call,
  types: readonly ResourceType<AnyRun>[],
  namespace: string,
): Promise<readonly ResourceType<AnyRun>[]> {
  const allowed = await Promise.all(
    types.map(({ group, plural }) => isAllowed(client, { group, resource: plural, namespace, verb: "list" }, signal)),
  );
  const found = types.filter((_, index) => allowed[index]);
  if (found.length === 0)
    throw forbidden(`list ${types.map(({ plural }) => plural).join(", ")} in namespace ${namespace}`);
  return found;
}

const forbidden = (what: string): Problem => new Problem(403, `you may not ${what}, so not read them in the archive`);

async function read<T>(store: ArchiveStore | undefined, action: (store: ArchiveStore) => Promise<T>): Promise<T> {
  if (store === undefined)
    throw new Problem(404, "this server has no archive: history.archive of the file that --config names has none");
  try {
    return await action(store);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    // what the store says may name buckets and hosts
    throw new Problem(502, "the archive cannot be read; the server's log says why", { cause: error });
  }
}
