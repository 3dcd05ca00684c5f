/** What `task submit`, `task code` and `task docs` share: runs are shown, confirmed, applied and followed. */
import { Option, type Command } from "commander";
import { stringify } from "yaml";
import { isTerminal } from "../../api/phase.js";
import type { Phase } from "../../api/taskrun.js";
import { nameOf, type AnyRun } from "../../operations/any-run.js";
import { OperationError } from "../../operations/operation-error.js";
import type { Preview, WantedRun } from "../../operations/preview-run.js";
import type { RunTable } from "../../operations/table.js";
import type { Stored } from "../../runtime/client/objects.js";
import { ApiError, Conflict } from "../../runtime/client/errors.js";
import { printable } from "../../printable.js";
import { countOf, UsageError, withColorOf, type CommandIo } from "../io.js";
import type { Runs } from "../runs/runs.js";
import type { ServerOptions } from "../runs/server-access.js";
import { withRuns, withRunsOptions } from "../runs/with-runs.js";
import { colored } from "../terminal.js";
import { unifiedDiff } from "../unified-diff.js";
import { liveTable } from "./live-table.js";
import { nameText, objectText } from "./run-output.js";

export interface SubmitOptions extends ServerOptions {
  readonly dryRun?: boolean;
  readonly restart?: boolean;
  readonly watch?: boolean;
  readonly yes?: boolean;
  readonly output: "table" | "json" | "yaml" | "name";
}

/** Adds the options of commands that create runs. */
export function withSubmitOptions(command: Command): Command {
  return withRunsOptions(
    command
      .option("--dry-run", "print what would be created or changed: admission checks it, and nothing is stored")
      .option("-y, --yes", "change an existing run without asking; required without a terminal")
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
 * @throws UsageError if a run would change, and no terminal can confirm it; no access to a cluster
 */
export function submitRuns(
  wantedRuns: (runs: Runs) => readonly WantedRun[] | Promise<readonly WantedRun[]>,
  options: SubmitOptions,
  streams: CommandIo,
): Promise<number> {
  const io = withColorOf(options, streams);
  return withRuns(options, io, async (runs, quietly) => {
    const previews: Preview[] = [];
    for (const wanted of await wantedRuns(runs)) {
      const work = (): Promise<Preview> => preview(runs, wanted, options);
      // what is stored is warned of then, when the runs before it exist
      previews.push(await (options.dryRun === true ? work() : quietly(work)));
    }
    const changed = previews.filter(({ before, changes }) => before !== undefined && changes);
    for (const preview of changed) showChange(preview, options, io);
    if (changed.length > 0 && !(await isConfirmed(changed, options, io))) {
      io.err("Nothing was changed.\n");
      return 1;
    }
    const stored: Preview[] = [];
    for (const preview of previews) {
      const after = options.dryRun === true ? preview.after : await apply(runs, preview);
      stored.push({ ...preview, after });
      if (options.output === "table") io.out(`${outcome(preview, options)}\n`);
    }
    for (const preview of stored) noteNext(preview, options, io);
    const { output } = options;
    const found = stored.map(({ wanted: { type }, after: run }) => ({ type, run }));
    if (output !== "table") io.out(objectText(found, output, found.length === 1));
    if (options.watch !== true || options.dryRun === true) return 0;
    return watchUntilEnded(stored, runs, io);
  });
}

async function preview(runs: Runs, wanted: WantedRun, options: SubmitOptions): Promise<Preview> {
  try {
    return await runs.preview(wanted, options);
  } catch (error) {
    if (error instanceof Conflict) throw changedMeanwhile(wanted, error);
    if (!(error instanceof ApiError) || !error.message.includes("spec.contextVersion")) throw error;
    throw new OperationError(`${error.status.message ?? error.message}; --restart does so`, { cause: error });
  }
}

async function apply(runs: Runs, preview: Preview): Promise<Preview["after"]> {
  try {
    return await runs.apply(preview);
  } catch (error) {
    if (!(error instanceof Conflict)) throw error;
    throw changedMeanwhile(preview.wanted, error);
  }
}

function changedMeanwhile({ type, name }: WantedRun, cause: Conflict): OperationError {
  const [text] = nameText([{ type, name }]).split("\n");
  return new OperationError(
    `${text ?? ""} changed meanwhile; nothing of it was written. Run the command again to see the difference`,
    { cause },
  );
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
      `error: this would change ${runs}; without a terminal to confirm that, add --yes, or --dry-run to preview it`,
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

async function watchUntilEnded(stored: readonly Preview[], access: Runs, io: CommandIo): Promise<number> {
  const uids = new Set(stored.map(({ after }) => after.metadata.uid));
  const types = [...new Set(stored.map(({ wanted }) => wanted.type))];
  const [namespace = ""] = stored.map(({ wanted }) => wanted.namespace);
  const isEnded = ({ columns, rows }: RunTable): boolean => {
    const place = columns.findIndex(({ name }) => name === "Phase");
    return rows.every(({ cells }) => isTerminal(cells[place] as Phase | undefined));
  };
  let runs: readonly (Stored<AnyRun> | undefined)[] = [];
  await liveTable(
    access,
    {
      ...{ types, where: { namespace }, style: { wide: false, namespaces: false } },
      isShown: ({ metadata }) => uids.has(metadata.uid ?? ""),
      until: async (tables) => {
        if (!tables.every(isEnded)) return false;
        // the table says nothing of a change that nobody has acted on
        runs = await Promise.all(stored.map((preview) => current(access, preview)));
        return runs.every((run) => run === undefined || isSettled(run));
      },
    },
    io,
  );
  // a run that was deleted did not succeed
  return runs.every((run) => run?.status?.phase === "Succeeded") ? 0 : 1;
}

/** Undefined once it is deleted. */
async function current(access: Runs, { wanted, after }: Preview): Promise<Stored<AnyRun> | undefined> {
  const run = await access.stored(wanted.type, wanted.name);
  return run?.metadata.uid === after.metadata.uid ? run : undefined;
}

/** Whether a run has ended, and no attempt is due for its context version. */
function isSettled({ spec, status }: AnyRun): boolean {
  if (status?.phase === "Cancelled") return true;
  return isTerminal(status?.phase) && (status?.observedContextVersion ?? 1) >= (spec.contextVersion ?? 1);
}
