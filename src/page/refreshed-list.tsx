/** A list that is loaded again from time to time, with what is shown while it is loading, empty or out of reach. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { useLoaded } from "./loaded.js";
import { Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";

/** Milliseconds between two requests. */
const interval = 30_000;

interface List<Item> {
  readonly items: readonly Item[];
  readonly isTruncated: boolean;
}

interface Properties<Item> {
  /** Of the REST API. Another path is another list. */
  readonly path: string;
  /** Such as `Budgets`. */
  readonly what: string;
  /** What to do if there are more than are listed. */
  readonly more: string;
  readonly empty: ComponentChildren;
  /** Only these. Default: all. */
  readonly isShown?: (item: Item) => boolean;
  readonly children: (items: readonly Item[]) => ComponentChildren;
}

export function RefreshedList<Item>(properties: Properties<Item>): JSX.Element {
  const tick = useSignal(0);
  useEffect(() => {
    const timer = setInterval(() => (tick.value += 1), interval);
    return () => clearInterval(timer);
  }, []);
  return <Content key={properties.path} {...properties} version={String(tick.value)} />;
}

function Content<Item>({
  path,
  what,
  more,
  empty,
  isShown = () => true,
  children,
  version,
}: Properties<Item> & { readonly version: string }): JSX.Element {
  const { value, error } = useLoaded<List<Item>>(path, version).value;
  if (value === undefined)
    return error === undefined ? (
      <Notice title={`Loading ${what}`} />
    ) : (
      <Notice kind="error" title={`The ${what} cannot be loaded`}>
        <p>{plainLine(error)}</p>
        <p>If you may not list them everywhere, choose a namespace.</p>
      </Notice>
    );
  const items = value.items.filter(isShown);
  if (items.length === 0) return <>{empty}</>;
  return (
    <>
      {error !== undefined && <p class="quiet list-note">Not up to date: {plainLine(error)}</p>}
      {value.isTruncated && <p class="quiet list-note">There are more: {more}</p>}
      {children(items)}
    </>
  );
}
