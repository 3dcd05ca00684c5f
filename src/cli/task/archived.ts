/** `task get`, `task list` and `task logs` with `--archived`: runs that `history` removed, and logs whose pods are gone. */
import { Option } from "commander";
import { isDnsSubdomain } from "../../runtime/schema/object-meta.js";
import { runType, runTypes, type AnyRun, type Found } from "../../operations/any-run.js";
import type { ArchivedSummary } from "../../operations/archived-runs.js";
import { OperationError } from "../../operations/operation-error.js";
import type { Row, RunTable } from "../../operations/table.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { CommandIo } from "../io.js";
import type { ArchivedRuns, Runs, RunType } from "../runs/runs.js";
import { isTable, nameText, objectText, tableText, type Format } from "./run-output.js";

export const archivedOption = (): Option =>
  new Option("--archived", "runs that history has removed, from the archive; see docs/guide/history.md").conflicts([
    "watch",
    "allNamespaces",
    "selector",
    "service",
    "task",
  ]);

/** Prints an archived run: the one with this UID, else the latest of this name. */
export async function getArchived(
  reference: string,
  { output, uid }: { readonly output: Format; readonly uid?: string },
  runs: Runs,
  io: CommandIo,
): Promise<number> {
  const archived = await runs.archived();
  const run = await objectOf(archived, await latest(reference, uid, archived, runs, io));
  if (!isTable(output)) io.out(objectText([run], output, true));
  else
    io.out(
      tableText([endTable(run)], { wide: output === "wide", namespaces: false, now: Date.now() }, io.terminal) ?? "",
    );
  return 0;
}

/** The archived run with this UID, else the latest of this name. */
async function latest(
  reference: string,
  uid: string | undefined,
  archived: ArchivedRuns,
  runs: Runs,
  io: CommandIo,
): Promise<ArchivedSummary> {
  const { types, name } = referred(reference);
  const found: ArchivedSummary[] = [];
  for await (const each of archived.list(types, name)) if (uid === undefined || each.uid === uid) found.push(each);
  const [newest, ...others] = found.sort((a, b) => b.archivedAt.localeCompare(a.archivedAt));
  if (newest === undefined)
    throw new OperationError(
      `the archive has no run ${JSON.stringify(reference)}${uid === undefined ? "" : ` with uid ${uid}`} in namespace ${runs.namespace}; see orchestrator task list --archived`,
      { problem: "NotFound" },
    );
  if (others.length > 0)
    io.err(
      `${found.length} archived runs are named ${JSON.stringify(reference)}; this is the latest. Others: ${others.map((each) => `--uid ${each.uid}`).join(", ")}\n`,
    );
  return newest;
}

/** Prints the log of an attempt, of the run in the cluster if there is one, else as `getArchived`. */
export async function logArchived(
  reference: string,
  { attempt, tail, uid }: { readonly attempt?: number; readonly tail?: number; readonly uid?: string },
  runs: Runs,
  io: CommandIo,
): Promise<number> {
  const archived = await runs.archived();
  const present = await runs.find(reference).catch((error: unknown) => {
    if (!(error instanceof OperationError && error.problem === "NotFound")) throw error;
    return undefined;
  });
  const isMeant = present !== undefined && (uid === undefined || present.run.metadata.uid === uid);
  const { type, run } = isMeant ? present : await objectOf(archived, await latest(reference, uid, archived, runs, io));
  const newest = Math.max(0, ...(run.status?.runs ?? []).map(({ number }) => number));
  if (attempt === undefined && newest === 0)
    throw new OperationError(`${type.kind.toLowerCase()}/${run.metadata.name} has had no attempt`, {
      problem: "NotFound",
    });
  const { namespace = runs.namespace, name, uid: own } = run.metadata;
  const key = { kind: type.kind as ArchivedSummary["kind"], namespace, name, uid: own };
  const { text, isCut } = await archived.transcript(key, attempt ?? newest);
  if (isCut && tail === undefined) io.err("The beginning of the log was not kept.\n");
  io.out(tail === undefined ? text : lastLines(text, tail));
  return 0;
}

function lastLines(text: string, count: number): string {
  const lines = text.split(/(?<=\n)/);
  return lines.slice(-count).join("");
}

/** Lists archived runs by kind and name. */
export async function listArchived(
  types: readonly RunType[],
  output: Format,
  runs: Runs,
  io: CommandIo,
): Promise<number> {
  const archived = await runs.archived();
  const found: ArchivedSummary[] = [];
  for await (const each of archived.list(types)) found.push(each);
  if (output === "name") io.out(nameText(found.map((each) => ({ type: runType(each.kind), name: each.name }))));
  else if (!isTable(output)) {
    const objects: Found[] = [];
    for (const each of found) objects.push(await objectOf(archived, each));
    io.out(objectText(objects, output, false));
  } else {
    const tables = types.map((type) => placeTable(type, found));
    const style = { wide: output === "wide", namespaces: false, now: Date.now() };
    const text = tableText(tables, style, io.terminal);
    if (text === undefined) io.err(`No archived runs found in namespace ${runs.namespace}.\n`);
    else io.out(text);
  }
  return 0;
}

function referred(reference: string): { readonly types: readonly RunType[]; readonly name: string } {
  const [first = "", second, ...more] = reference.split("/");
  const name = second ?? first;
  if (more.length > 0 || !isDnsSubdomain(name))
    throw new OperationError(`${JSON.stringify(reference)} is neither a name nor kind/name of an archived run`, {
      problem: "Invalid",
    });
  return { types: second === undefined ? runTypes : [runType(first)], name };
}

async function objectOf(archived: ArchivedRuns, summary: ArchivedSummary): Promise<Found> {
  const { run } = await archived.get(summary);
  return { type: runType(summary.kind), run: run as unknown as Stored<AnyRun> };
}

/** Where runs of a kind are in the archive; the age is that of the document. */
function placeTable(type: RunType, summaries: readonly ArchivedSummary[]): RunTable {
  const columns = [
    { name: "Name", priority: 0 },
    { name: "UID", priority: 0 },
    { name: "Size", priority: 1 },
    { name: "Age", priority: 0 },
  ];
  const rows = summaries
    .filter(({ kind }) => kind === type.kind)
    .map(({ namespace, name, uid, archivedAt, bytes }): Row => {
      return { metadata: { namespace, name, uid, creationTimestamp: archivedAt }, cells: [name, uid, `${bytes} B`] };
    });
  return { type, columns, rows };
}

/** How a run ended; the age is that of its end. */
function endTable({ type, run }: Found): RunTable {
  const { name, uid } = run.metadata;
  const { phase, reason, completionTime, message } = (run.status ?? {}) as Readonly<Record<string, unknown>>;
  const columns = [
    { name: "Name", priority: 0 },
    { name: "UID", priority: 0 },
    { name: "Phase", priority: 0 },
    { name: "Reason", priority: 0 },
    { name: "Age", priority: 0 },
    { name: "Message", priority: 1 },
  ];
  const end = typeof completionTime === "string" ? { creationTimestamp: completionTime } : {};
  return {
    type,
    columns,
    rows: [{ metadata: { ...run.metadata, ...end }, cells: [name, uid, phase, reason, undefined, message] }],
  };
}
