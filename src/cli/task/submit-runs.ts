/** What `task submit`, `task code` and `task docs` share: runs are shown, confirmed, applied and followed. */
import { Option, type Command } from "commander";
import { stringify } from "yaml";
import { isTerminal } from "../../api/phase.js";
import type { Phase } from "../../api/taskrun.js";
import { nameOf, type AnyRun } from "../../operations/any-run.js";
import { OperationError } from "../../operations/operation-error.js";
import { applyPreview, previewRun, type Preview, type WantedRun } from "../../operations/preview-run.js";
import type { RunTable } from "../../operations/table.js";
import type { Client } from "../../runtime/client/client.js";
import type { Stored } from "../../runtime/client/objects.js";
import { ApiError, Conflict, NotFound } from "../../runtime/client/errors.js";
import { printable } from "../../printable.js";
import { inCluster, withAccessOptions, type AccessOptions, type ClusterAccess } from "../cluster-access.js";
import { countOf, UsageError, withColorOf, type CommandIo } from "../io.js";
import { colored } from "../terminal.js";
import { unifiedDiff } from "../unified-diff.js";
import { liveTable } from "./live-table.js";
import { objectText } from "./run-output.js";

export interface SubmitOptions extends AccessOptions {
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  readonly watch?: boolean;
  readonly yes?: boolean;
  readonly output: "table" | "json" | "yaml" | "name";
}

/** Adds the options of commands that create runs. */
export function withSubmitOptions(command: Command): Command {
  return withAccessOptions(
    command
      .option("--dry-run", "print what would be created or changed: admission checks it, and nothing is stored")
      .option("-y, --yes", "change an existing run without a question; needed where nobody can answer")
      .option(
        "--restart",
        "spec.contextVersion: raise it if a run changes, so that another attempt starts with the change",
      )
      .option("-w, --watch", "table of the runs until all have ended; the exit code is 0 if all succeeded")
      .addOption(
        new Option("-o, --output <format>", "output format")
          .choices(["table", "json", "yaml", "name"])
          .default("table"),
      ),
  );
}

/**
 * Creates or changes runs, after all of them have passed admission. Exit codes: 0 done; 1 refused, or not confirmed; with
 * `--watch` also if a run did not succeed.
 *
 * @throws UsageError if a run would change, and nobody can be asked; no access to a cluster
 */
export function submitRuns(
  runs: (access: ClusterAccess) => readonly WantedRun[] | Promise<readonly WantedRun[]>,
  options: SubmitOptions,
  streams: CommandIo,
): Promise<number> {
  const io = withColorOf(options, streams);
  const { ORCHESTRATOR_SERVER: server = "" } = process.env;
  if (server !== "" && options.kubeconfig === undefined && options.context === undefined)
    throw new UsageError(
      "error: runs are created with a kubeconfig, not through ORCHESTRATOR_SERVER: unset it, or name a --context or --kubeconfig",
    );
  return inCluster(options, io, async (access) => {
    const previews: Preview[] = [];
    for (const wanted of await runs(access)) {
      const work = (): Promise<Preview> => preview(access, wanted, options);
      // what is stored is warned of then, when the runs before it exist
      previews.push(await (options.dryRun === true ? work() : access.quietly(work)));
    }
    const changed = previews.filter(({ before, changes }) => before !== undefined && changes);
    for (const preview of changed) showChange(preview, options, io);
    if (changed.length > 0 && !(await isConfirmed(changed, options, io))) {
      io.err("Nothing was changed.\n");
      return 1;
    }
    const stored: Preview[] = [];
    for (const preview of previews) {
      const after = options.dryRun === true ? preview.after : await apply(access, preview);
      stored.push({ ...preview, after });
      if (options.output === "table") io.out(`${outcome(preview, options)}\n`);
    }
    for (const preview of stored) noteNext(preview, options, io);
    const { output } = options;
    const found = stored.map(({ wanted: { type }, after: run }) => ({ type, run }));
    if (output !== "table") io.out(objectText(found, output, found.length === 1));
    if (options.watch !== true || options.dryRun === true) return 0;
    return watchUntilEnded(stored, access, io);
  });
}

async function preview({ client }: ClusterAccess, wanted: WantedRun, options: SubmitOptions): Promise<Preview> {
  try {
    return await previewRun(client, wanted, options);
  } catch (error) {
    if (!(error instanceof ApiError) || !error.message.includes("spec.contextVersion")) throw error;
    throw new OperationError(`${error.status.message ?? error.message}; --restart does so`, { cause: error });
  }
}

async function apply({ client }: ClusterAccess, preview: Preview): Promise<Preview["after"]> {
  try {
    return await applyPreview(client, preview);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    const name = nameOf({ type: preview.wanted.type, run: preview.after });
    throw new OperationError(
      `${name} changed meanwhile; nothing of it was written. Run the command again to see the difference`,
      {
        cause: error,
      },
    );
  }
}

function outcome({ wanted: { type }, before, after, changes }: Preview, { dryRun }: SubmitOptions): string {
  const what = before === undefined ? "created" : changes ? "configured" : "unchanged";
  return `${nameOf({ type, run: after })} ${what}${dryRun === true ? " (server dry run)" : ""}`;
}

function showChange({ wanted: { type }, before, after }: Preview, { output }: SubmitOptions, io: CommandIo): void {
  const text = (spec: unknown): string => stringify(spec, { lineWidth: 0 }).trimEnd();
  const colors = io.terminal?.colors === true;
  const lines = unifiedDiff(text(before?.spec), text(after.spec)).split("\n").slice(0, -1);
  const shown = lines.map((line) => {
    const color = line.startsWith("@")
      ? "cyan"
      : line.startsWith("+")
        ? "green"
        : line.startsWith("-")
          ? "red"
          : undefined;
    return `${colored(io.terminal === undefined ? line : printable(line), color, colors)}\n`;
  });
  const name = nameOf({ type, run: after });
  const print = output === "table" ? io.out : io.err;
  print(`--- ${name} (spec as stored)\n+++ ${name} (spec as submitted)\n${shown.join("")}`);
}

async function isConfirmed(changed: readonly Preview[], options: SubmitOptions, io: CommandIo): Promise<boolean> {
  for (const preview of changed) io.err(`${effect(preview, options)}\n`);
  if (options.dryRun === true || options.yes === true) return true;
  const runs = countOf(changed.length, "run");
  if (io.ask === undefined)
    throw new UsageError(
      `error: this would change ${runs}; nobody can answer a question here: add --yes, or --dry-run to look only`,
    );
  return /^y(es)?$/i.test((await io.ask(`Change ${runs}? [y/N] `)).trim());
}

/** What a change costs, or why it has no effect yet. */
function effect({ wanted: { type }, before, after }: Preview, { restart }: SubmitOptions): string {
  const name = nameOf({ type, run: after });
  const phase = before?.status?.phase ?? "Pending";
  const attempts = before?.status?.attempts ?? 0;
  if (restart === true) {
    const versions = `contextVersion ${before?.spec.contextVersion ?? 1} -> ${after.spec.contextVersion ?? 1}`;
    const stops = phase === "Running" ? ", and the running one is stopped" : "";
    return `${name}: ${versions}: another attempt starts with this change${stops}.`;
  }
  if (isTerminal(phase))
    return `${name}: has ended (${phase}), so this change starts nothing. Another attempt would use it: orchestrator task retry, or --restart.`;
  if (attempts === 0) return `${name}: its first attempt will use this change.`;
  return `${name}: the running attempt keeps what it started with; a next attempt would use this change. To start one now: --restart.`;
}

/** What may be meant by submitting again what is stored already. */
function noteNext(
  { wanted: { type }, before, changes, after }: Preview,
  { dryRun }: SubmitOptions,
  io: CommandIo,
): void {
  const phase = after.status?.phase;
  if (before === undefined || changes || dryRun === true || !isTerminal(phase)) return;
  const name = `${type.kind.toLowerCase()}/${after.metadata.name}`;
  io.err(
    `${nameOf({ type, run: after })} has ended (${phase ?? ""}). To run it again: orchestrator task retry ${name}\n`,
  );
}

async function watchUntilEnded(stored: readonly Preview[], { client }: ClusterAccess, io: CommandIo): Promise<number> {
  const uids = new Set(stored.map(({ after }) => after.metadata.uid));
  const types = [...new Set(stored.map(({ wanted }) => wanted.type))];
  const [namespace = ""] = stored.map(({ wanted }) => wanted.namespace);
  const isEnded = ({ columns, rows }: RunTable): boolean => {
    const place = columns.findIndex(({ name }) => name === "Phase");
    return rows.every(({ cells }) => isTerminal(cells[place] as Phase | undefined));
  };
  let runs: readonly (Stored<AnyRun> | undefined)[] = [];
  await liveTable(
    client,
    {
      ...{ types, where: { namespace }, style: { wide: false, namespaces: false } },
      isShown: ({ metadata }) => uids.has(metadata.uid ?? ""),
      until: async (tables) => {
        if (!tables.every(isEnded)) return false;
        // the table says nothing of a change that nobody has acted on
        runs = await Promise.all(stored.map((preview) => current(client, preview)));
        return runs.every((run) => run === undefined || isSettled(run));
      },
    },
    io,
  );
  // a run that was deleted did not succeed
  return runs.every((run) => run?.status?.phase === "Succeeded") ? 0 : 1;
}

/** Undefined once it is deleted. */
async function current(client: Client, { wanted, after }: Preview): Promise<Stored<AnyRun> | undefined> {
  const { type, namespace, name } = wanted;
  const run = await client.get(type, { namespace, name }).catch((error: unknown) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
  return run?.metadata.uid === after.metadata.uid ? run : undefined;
}

/** Whether a run has ended, and no attempt is due for its context version. */
function isSettled({ spec, status }: AnyRun): boolean {
  if (status?.phase === "Cancelled") return true;
  return isTerminal(status?.phase) && (status?.observedContextVersion ?? 1) >= (spec.contextVersion ?? 1);
}
