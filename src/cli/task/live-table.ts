/** A table of runs that follows their changes: redrawn in place on a terminal, else a line for each change, as with kubectl. */
import type { AnyRun } from "../../operations/any-run.js";
import type { TableChange } from "../../operations/follow-table.js";
import type { Row, RunTable } from "../../operations/table.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import { aligned, columnWidths } from "../aligned.js";
import type { CommandIo } from "../io.js";
import type { Runs, Selection } from "../runs/runs.js";
import type { Terminal } from "../terminal.js";
import { leaveOut, onTerminal, tableLines, type TableStyle } from "./run-output.js";

export interface LiveOptions {
  readonly types: readonly ResourceType<AnyRun>[];
  readonly where: Selection;
  readonly style: Omit<TableStyle, "now">;
  /** Rows to show. Default: all. */
  readonly isShown?: (row: Row) => boolean;
  /** Asked after each change, once all kinds are listed: ends when it is true for the rows that are shown. Default: never. */
  readonly until?: (tables: readonly RunTable[]) => Promise<boolean>;
}

/** Milliseconds between two redraws; ages advance every second. */
const frame = 100;
const second = 1_000;

/** Shows the runs and their changes until `until`; returns the last tables. @throws an API error; the signal's reason */
export async function liveTable(
  runs: Pick<Runs, "follow">,
  { types, where, style, isShown = () => true, until = () => Promise.resolve(false) }: LiveOptions,
  io: CommandIo,
  signal: AbortSignal = new AbortController().signal,
): Promise<readonly RunTable[]> {
  const stop = new AbortController();
  const finished = new Error("all is shown");
  const either = AbortSignal.any([signal, stop.signal]);
  const { terminal } = io;
  const view = terminal === undefined ? new AppendedRows(io, style) : new RedrawnTable(io, style);
  const tables = new Map<ResourceType<AnyRun>, RunTable>();
  const current = (): RunTable[] => types.flatMap((type) => tables.get(type) ?? []);
  const follow = async (type: ResourceType<AnyRun>): Promise<void> => {
    for await (const change of runs.follow(type, where, either)) {
      const before = tables.get(type);
      const next = changed(type, before, change, isShown);
      tables.set(type, next);
      if (tables.size < types.length) continue;
      view.update(current(), before === undefined ? [] : rowsOf(change, before, next), type);
      if (await until(current())) stop.abort(finished);
    }
  };
  try {
    await Promise.all(types.map(follow));
  } catch (error) {
    stop.abort(finished);
    if (error !== finished) throw error;
  } finally {
    view.end();
  }
  return current();
}

const keyOf = ({ metadata: { namespace = "", name = "" } }: Row): string => `${namespace}/${name}`;

function changed(
  type: ResourceType<AnyRun>,
  before: RunTable | undefined,
  change: TableChange,
  isShown: (row: Row) => boolean,
): RunTable {
  if (change.type === "listed") return { ...change.table, rows: change.table.rows.filter(isShown) };
  const { columns = [], rows = [] } = before ?? {};
  if (!isShown(change.row)) return { type, columns, rows };
  const key = keyOf(change.row);
  const index = rows.findIndex((row) => keyOf(row) === key);
  if (change.type === "deleted") return { type, columns, rows: rows.filter((_, at) => at !== index) };
  return { type, columns, rows: index < 0 ? [...rows, change.row] : rows.with(index, change.row) };
}

/** The rows that a change brought. */
function rowsOf(change: TableChange, before: RunTable, next: RunTable): readonly Row[] {
  if (change.type === "deleted")
    return before.rows.filter((row) => keyOf(row) === keyOf(change.row)).map(() => change.row);
  if (change.type !== "listed") return next.rows.filter((row) => row === change.row);
  // a row of the REST API has no version
  const stateOf = ({ metadata, cells }: Row): string => metadata.resourceVersion ?? JSON.stringify(cells);
  const states = new Map(before.rows.map((row) => [keyOf(row), stateOf(row)]));
  return next.rows.filter((row) => states.get(keyOf(row)) !== stateOf(row));
}

/** What shows the tables. */
interface View {
  update(tables: readonly RunTable[], rows: readonly Row[], type: ResourceType<AnyRun>): void;
  end(): void;
}

/** For pipes and files: the table as it is at first, and then each row that changes. */
class AppendedRows implements View {
  #widths: number[] | undefined;

  constructor(
    private readonly io: CommandIo,
    private readonly style: LiveOptions["style"],
  ) {}

  update(tables: readonly RunTable[], rows: readonly Row[], type: ResourceType<AnyRun>): void {
    const style = { ...this.style, now: Date.now(), everyKind: true };
    const isFirst = this.#widths === undefined;
    const shown = isFirst ? tables : tables.map((table) => ({ ...table, rows: table.type === type ? rows : [] }));
    const lines = tableLines(shown, style);
    if (lines === undefined) return;
    this.#widths = columnWidths(lines, this.#widths);
    this.io.out(aligned(isFirst ? lines : lines.slice(1), { widths: this.#widths }));
  }

  end(): void {
    // nothing is held back
  }
}

/** For terminals: the table in place, within their height. */
class RedrawnTable implements View {
  #tables: readonly RunTable[] = [];
  #drawn = 0;
  #due: NodeJS.Timeout | undefined;
  #isResized = false;
  readonly #ages = setInterval(() => this.#draw(), second);
  readonly #ignoreSize: (() => void) | undefined;

  constructor(
    private readonly io: CommandIo,
    private readonly style: LiveOptions["style"],
  ) {
    this.#ignoreSize = io.terminal?.onResize?.(() => {
      this.#isResized = true;
      this.#due ??= setTimeout(() => this.#draw(), frame);
    });
  }

  update(tables: readonly RunTable[]): void {
    this.#tables = tables;
    this.#due ??= setTimeout(() => this.#draw(), this.#drawn === 0 ? 0 : frame);
  }

  end(): void {
    clearInterval(this.#ages);
    this.#ignoreSize?.();
    if (this.#due !== undefined) this.#draw();
  }

  #draw(): void {
    clearTimeout(this.#due);
    this.#due = undefined;
    const { terminal } = this.io;
    if (terminal === undefined) return;
    const text = frameText(this.#tables, { ...this.style, now: Date.now() }, terminal);
    // back to its first line, which is cleared with all below; lines that are too long are cut and not wrapped
    // a terminal of another size has wrapped or cut what it shows, each in its own way: only a clear screen is certain
    const back = this.#isResized ? "\u001b[H\u001b[2J" : this.#drawn === 0 ? "" : `\u001b[${this.#drawn}A`;
    this.#isResized = false;
    this.io.out(`${back}\r\u001b[J\u001b[?7l${text}\u001b[?7h`);
    this.#drawn = text.split("\n").length - 1;
  }
}

/** The table within the height of a terminal; what does not fit is counted. */
export function frameText(tables: readonly RunTable[], style: TableStyle, terminal: Terminal): string {
  const lines = tableLines(tables, style);
  if (lines === undefined) return "No runs.\n";
  const most = Math.max(2, terminal.rows - 2);
  const shown = lines.slice(0, most);
  const rest = lines.length - shown.length;
  return `${aligned(shown, { ...onTerminal(terminal), cut: true, ...(!style.wide && { leaveOut }) })}${rest === 0 ? "" : `... and ${rest} more\n`}`;
}
