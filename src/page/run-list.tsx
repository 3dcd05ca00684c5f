/** The list of runs. */
import { useComputed, useSignal, type ReadonlySignal, type Signal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { FilterBar } from "./filter-bar.js";
import { filtersFrom, noFilters, queryOf, type Filters } from "./filters.js";
import { onKeys } from "./keys.js";
import { kindOf } from "./kinds.js";
import { navigate, runUrl, search } from "./location.js";
import { Age, ConnectionState, Notice, PhaseMark } from "./parts.js";
import { plainLine } from "./plain-text.js";
import type { RunSummary } from "../server/generated/rest.js";
import { rowKey } from "./run-collection.js";
import { RunListState, shownOf, type Shown } from "./run-list-state.js";
import { VirtualRows } from "./virtual-rows.js";

/** Pixels; page.css has the same. */
const rowHeight = 40;
const headHeight = 32;

const columns = ["Phase", "Name", "Namespace", "Task", "Service", "Agent", "Attempt", "Reason", "Age"] as const;

export function RunList(): JSX.Element {
  const filters = useComputed(() => filtersFrom(search.value));
  const { namespace, kinds } = filters.value;
  const source = `${namespace} ${kinds.join()}`;
  const state = useMemo(() => new RunListState({ namespace, kinds }), [source]);
  useEffect(() => () => state.stop(), [state]);
  const shown = useMemo(() => shownOf(state, filters), [state]);
  const scroller = useRef<HTMLDivElement>(null);
  /** The row that the keys are at. */
  const selected = useSignal<string | undefined>(undefined);
  useEffect(() => listKeys(shown, selected, scroller), [shown]);
  useEffect(() => void (document.title = "Runs · orchestrator"), []);
  const change = (changes: Partial<Filters>, replace = false): void =>
    navigate(`/ui/${queryOf({ ...filters.value, ...changes })}`, { replace });
  const { runs, counts } = shown.value;
  return (
    <main class="list">
      <FilterBar filters={filters.value} counts={counts} change={change} />
      {runs.length > 0 && (
        <div class="table" role="table" aria-label="Runs" aria-rowcount={runs.length + 1}>
          <VirtualRows
            count={runs.length}
            rowHeight={rowHeight}
            label="Runs"
            class="runs"
            role="rowgroup"
            scroller={scroller}
            head={<ColumnHeads />}
            row={(index, style) => {
              const run = runs[index];
              if (run === undefined) return undefined;
              const key = rowKey(run);
              return <Row key={key} run={run} index={index} style={style} isSelected={selected.value === key} />;
            }}
          />
        </div>
      )}
      {runs.length === 0 && <Nothing state={state} filters={filters.value} change={change} />}
      <footer class="status">
        <span role="status">{countText(runs.length, state)}</span>
        <ConnectionState following={state.following} isBrief={!state.isLoaded.value} />
        <span class="quiet keys-hint">
          <kbd>j</kbd> <kbd>k</kbd> move <kbd>Enter</kbd> open <kbd>/</kbd> filter <kbd>?</kbd> help
        </span>
      </footer>
    </main>
  );
}

function countText(count: number, state: RunListState): string {
  const all = state.all.value.length;
  const number = (value: number): string => value.toLocaleString("en");
  const noun = all === 1 ? "run" : "runs";
  const text = count === all ? `${number(all)} ${noun}` : `${number(count)} of ${number(all)} ${noun}`;
  if (!state.isLoaded.value) return state.following.state.value.state === "lost" ? "" : `Loading: ${text}`;
  return state.isCut.value ? `${text}; the cluster has more: choose a namespace or a kind` : text;
}

function ColumnHeads(): JSX.Element {
  return (
    <div class="row head" role="row" aria-rowindex={1}>
      {columns.map((column) => (
        <span key={column} role="columnheader" class={`column-${column.toLowerCase()}`}>
          {column}
        </span>
      ))}
    </div>
  );
}

interface RowProperties {
  readonly run: RunSummary;
  readonly index: number;
  readonly style: { readonly top: string };
  readonly isSelected: boolean;
}

function Row({ run, index, style, isSelected }: RowProperties): JSX.Element {
  const kind = kindOf(run.kind);
  const url = kind === undefined ? "/ui/" : runUrl({ namespace: run.namespace, kind, name: run.name });
  const text = (value: string | number | undefined): string => (value === undefined ? "–" : plainLine(String(value)));
  return (
    <div class={`row ${isSelected ? "selected" : ""}`} role="row" aria-rowindex={index + 2} style={style}>
      <span role="cell" class="column-phase">
        <PhaseMark phase={run.phase} />
      </span>
      <span role="cell" class="column-name">
        <a href={url} data-key={rowKey(run)} title={plainLine(run.name)}>
          {plainLine(run.name)}
        </a>
        <span class="kind">{plainLine(run.kind)}</span>
      </span>
      <span role="cell" class="column-namespace">
        {text(run.namespace)}
      </span>
      <span role="cell" class="column-task number">
        {text(run.task)}
      </span>
      <span role="cell" class="column-service">
        {text(run.service)}
      </span>
      <span role="cell" class="column-agent">
        {text(run.agent)}
      </span>
      <span role="cell" class="column-attempt number">
        {text(run.attempt)}
      </span>
      <span role="cell" class="column-reason" title={text(run.reason)}>
        {text(run.reason)}
      </span>
      <span role="cell" class="column-age number">
        <Age time={run.createdAt} />
      </span>
    </div>
  );
}

interface NothingProperties {
  readonly state: RunListState;
  readonly filters: Filters;
  readonly change: (changes: Partial<Filters>) => void;
}

/** What the list says without rows: loading, refused, no runs at all, or none that match. */
function Nothing({ state, filters, change }: NothingProperties): JSX.Element {
  const connection = state.following.state.value;
  const { namespace } = filters;
  if (connection.state === "lost" && !state.isLoaded.value) {
    const isRefused = connection.status === 403;
    const where = namespace === "" ? "in all namespaces" : `in namespace ${namespace}`;
    return (
      <Notice
        kind="error"
        title={isRefused ? `You may not list runs ${plainLine(where)}` : "The runs cannot be loaded"}
      >
        <p>{plainLine(connection.message)}</p>
        {isRefused && <p>Choose a namespace where you have a role that lists runs, or ask for one.</p>}
      </Notice>
    );
  }
  if (!state.isLoaded.value) return <Notice title="Loading runs" />;
  if (state.all.value.length > 0)
    return (
      <Notice title="No run matches the filters">
        <button type="button" onClick={() => change({ ...noFilters, namespace })}>
          Clear the filters
        </button>
      </Notice>
    );
  return (
    <Notice title={`No runs ${namespace === "" ? "in this cluster yet" : `in namespace ${plainLine(namespace)}`}`}>
      <p>
        Runs appear here as soon as they are created, for example by <code>kubectl apply -f taskrun.yaml</code>.
      </p>
    </Notice>
  );
}

/** Moves the selection; Enter opens the run, since the focus is on its link. */
function listKeys(
  shown: ReadonlySignal<Shown>,
  selected: Signal<string | undefined>,
  scroller: RefObject<HTMLDivElement | null>,
): () => void {
  const move = (step: number | "first" | "last"): void => {
    const { runs } = shown.value;
    const at = runs.findIndex((run) => rowKey(run) === selected.value);
    const last = runs.length - 1;
    const wanted = step === "first" ? 0 : step === "last" ? last : at === -1 ? 0 : at + step;
    const index = Math.max(0, Math.min(last, wanted));
    const run = runs[index];
    const element = scroller.current;
    if (run === undefined || element === null) return;
    const top = index * rowHeight;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + rowHeight + headHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = top + rowHeight + headHeight - element.clientHeight;
    const key = rowKey(run);
    selected.value = key;
    const focus = (): boolean => {
      const link = element.querySelector<HTMLElement>(`[data-key=${CSS.escape(key)}]`);
      link?.focus({ preventScroll: true });
      return link !== null;
    };
    // at once, so that Enter opens this row and not the one before; a row out of view is drawn after this
    if (focus()) return;
    requestAnimationFrame(() => requestAnimationFrame(() => selected.value === key && focus()));
  };
  const page = (): number => Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / rowHeight) - 1);
  return onKeys({
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    PageDown: () => move(page()),
    PageUp: () => move(-page()),
    Home: () => move("first"),
    End: () => move("last"),
    g: () => move("first"),
    G: () => move("last"),
  });
}
