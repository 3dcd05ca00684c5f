/** Lists of runs, and what belongs to one. */
import { labels } from "../../api/labels.js";
import { runType, runTypes, type AnyRun } from "../../operations/any-run.js";
import { eventsOf } from "../../operations/events.js";
import { filesOf } from "../../operations/files.js";
import { readVersionWord, runPage, versionWord, type Versions } from "../../operations/run-page.js";
import type { RunSummary } from "../../operations/run-summary.js";
import { watchRun, watchRuns, type RunChange } from "../../operations/watch-runs.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import type { Answer, Call, Handlers } from "../call.js";
import { foundRun, runBody } from "./run-path.js";

interface ListQuery {
  readonly namespace?: string;
  readonly kind?: readonly string[];
  readonly phase?: readonly string[];
  readonly service?: string;
  readonly task?: string;
  readonly labelSelector?: string;
  readonly name?: string;
  readonly wide?: boolean;
  readonly limit?: number;
  readonly continue?: string;
  readonly watch?: boolean;
  readonly version?: string;
}

/** Which runs a query selects. */
interface Selection {
  readonly types: readonly ResourceType<AnyRun>[];
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly wide: boolean;
  readonly isWanted: (run: RunSummary) => boolean;
}

function selection({ namespace, kind, phase, service, task, labelSelector, name, wide = false }: ListQuery): Selection {
  const kinds = kind?.map(runType);
  const selectors = [
    ...(labelSelector === undefined ? [] : [labelSelector]),
    ...(service === undefined ? [] : [`${labels.service}=${service}`]),
    ...(task === undefined ? [] : [`${labels.taskId}=${task}`]),
  ];
  return {
    types: runTypes.filter((type) => kinds === undefined || kinds.includes(type)),
    ...(namespace !== undefined && { namespace }),
    ...(selectors.length > 0 && { labelSelector: selectors.join(",") }),
    ...(name !== undefined && { fieldSelector: `metadata.name=${name}` }),
    wide,
    isWanted: (run) => phase === undefined || phase.includes(run.phase),
  };
}

async function list(call: Call): Promise<Answer | undefined> {
  const query = call.parametersAs<ListQuery>();
  const selected = selection(query);
  if (query.watch === true) return watch(call, selected, query);
  const { limit = 100, continue: token = "" } = query;
  const options = { ...selected, limit, token, signal: call.signal };
  const { items, versions, continue: next } = await call.list(limit, () => runPage(call.client, options));
  return { body: { items, ...(next !== undefined && { continue: next }), version: versionWord(versions) } };
}

async function watch(call: Call, selected: Selection, query: ListQuery): Promise<undefined> {
  // what a caller that lost its connection has seen last
  const word = call.lastEventId ?? query.version;
  const versions = word === undefined ? {} : readVersionWord(word);
  return call.stream("events", async (stream) => {
    const options = { ...selected, versions, signal: stream.signal };
    await watchRuns(call.client, options, {
      open: () => stream.begin(),
      change: (change, known) => stream.event("run", filtered(change, selected), known && versionWord(known)),
      progress: (known: Versions) => stream.position(versionWord(known)),
    });
  });
}

/** A run that no longer has a wanted phase has left the selection. */
function filtered(change: RunChange<RunSummary>, { isWanted }: Selection): RunChange<RunSummary> {
  return isWanted(change.run) ? change : { type: "deleted", run: change.run };
}

type Ids = "listAllRuns" | "listRuns" | "getRun" | "listRunEvents" | "listRunFiles";

export const runHandlers: Handlers<Ids> = {
  listAllRuns: list,
  listRuns: list,
  getRun: async (call) => {
    const found = await foundRun(call);
    if (call.parametersAs<{ watch?: boolean }>().watch !== true) return { body: runBody(found) };
    return call.stream("events", async (stream) => {
      const change = async ({ type, run }: RunChange<typeof found.run>): Promise<void> =>
        stream.event("run", { type, run: runBody({ type: found.type, run }) });
      await watchRun(call.client, found, { change }, stream.signal);
    });
  },
  listRunEvents: async (call) => ({
    body: { items: await eventsOf(call.client, await foundRun(call), call.signal) },
  }),
  listRunFiles: async (call) => ({ body: { items: await filesOf(call.client, await foundRun(call), call.signal) } }),
};
