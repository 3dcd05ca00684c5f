/** The archived runs of a namespace: those that history has removed from the cluster. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { ArchivedRunList, ArchivedRunSummary } from "../server/generated/rest.js";
import { Choice, FilterForm, KindChips } from "./filter-bar.js";
import { kindOf } from "./kinds.js";
import { archivedUrl, archiveUrl, navigate, type ArchiveQuery } from "./location.js";
import { Age, Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { apiPath, call, query } from "./rest-client.js";

/** Rows that the page keeps. */
const maxRows = 2_000;

export function ArchiveList(at: ArchiveQuery): JSX.Element {
  useEffect(() => void (document.title = "Archive · orchestrator"), []);
  const change = (changes: Partial<ArchiveQuery>): void => navigate(archiveUrl({ ...at, ...changes }));
  return (
    <main class="scrolling">
      <FilterForm>
        <Choice label="Namespace" name="namespace" value={at.namespace} placeholder="Required" change={change} />
        <Choice label="Name" name="name" value={at.name} change={change} />
        <KindChips chosen={[at.kind]} choose={(word) => change({ kind: at.kind === word ? "" : word })} />
      </FilterForm>
      {at.namespace === "" ? (
        <Notice title="Choose a namespace">
          <p>
            The archive has the runs that <code>history</code> has removed from the cluster. It is read one namespace at
            a time.
          </p>
        </Notice>
      ) : (
        <Rows key={archiveUrl(at)} at={at} />
      )}
    </main>
  );
}

interface State {
  readonly items: readonly ArchivedRunSummary[];
  /** That of the next page; absent after the last one. */
  readonly next?: string;
  readonly isLoading: boolean;
  readonly error?: string;
}

function Rows({ at }: { readonly at: ArchiveQuery }): JSX.Element {
  const state = useSignal<State>({ items: [], isLoading: true });
  const load = async (signal?: AbortSignal): Promise<void> => {
    const { items, next: token } = state.value;
    const { error: _, ...before } = state.value;
    state.value = { ...before, isLoading: true };
    const parameters = query({
      kind: at.kind === "" ? undefined : at.kind,
      name: at.name === "" ? undefined : at.name,
      continue: token,
    });
    const path = `${apiPath("namespaces", at.namespace, "archived-runs")}${parameters}`;
    try {
      const page = await call<ArchivedRunList>(path, signal === undefined ? {} : { signal });
      const { continue: next } = page;
      state.value = { items: [...items, ...page.items], isLoading: false, ...(next !== undefined && { next }) };
    } catch (error) {
      if (signal?.aborted === true) return;
      state.value = { ...before, isLoading: false, error: error instanceof Error ? error.message : String(error) };
    }
  };
  useEffect(() => {
    const stop = new AbortController();
    void load(stop.signal);
    return () => stop.abort();
  }, []);
  const { items, next, isLoading, error } = state.value;
  return (
    <>
      {items.length > 0 && <Table items={items} />}
      {items.length === 0 && isLoading && <Notice title="Loading the archive" />}
      {items.length === 0 && !isLoading && error === undefined && next === undefined && (
        <Notice title="No archived runs">
          <p>History has removed no run that matches. Runs that are still in the cluster are under Runs.</p>
        </Notice>
      )}
      {error !== undefined && (
        <Notice kind="error" title="The archive cannot be read">
          <p>{plainLine(error)}</p>
          <button type="button" onClick={() => void load()}>
            Retry
          </button>
        </Notice>
      )}
      {error === undefined && next !== undefined && <More count={items.length} isLoading={isLoading} load={load} />}
    </>
  );
}

interface MoreProperties {
  readonly count: number;
  readonly isLoading: boolean;
  readonly load: () => Promise<void>;
}

function More({ count, isLoading, load }: MoreProperties): JSX.Element {
  if (count >= maxRows)
    return <p class="quiet list-note">There are more than {maxRows.toLocaleString("en")}: enter a name.</p>;
  return (
    <p class="list-note">
      <button type="button" disabled={isLoading} onClick={() => void load()}>
        {isLoading ? "Loading" : "Show more"}
      </button>
    </p>
  );
}

function Table({ items }: { readonly items: readonly ArchivedRunSummary[] }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Archived runs">
      <table>
        <thead>
          <tr>
            <th>Kind</th>
            <th>Name</th>
            <th class="number">Archived</th>
            <th class="number">Size</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.uid}>
              <td>{item.kind}</td>
              <td>
                <Name item={item} />
              </td>
              <td class="number">
                <Age time={item.archivedAt} />
              </td>
              <td class="number">{Math.ceil(item.bytes / 1024).toLocaleString("en")} KiB</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The uid distinguishes runs of the same name. */
function Name({ item: { kind, namespace, name, uid } }: { readonly item: ArchivedRunSummary }): JSX.Element {
  const known = kindOf(kind);
  if (known === undefined) return <>{plainLine(name)}</>;
  return (
    <a href={archivedUrl({ namespace, kind: known, name, uid })} title={plainLine(uid)}>
      {plainLine(name)}
    </a>
  );
}
