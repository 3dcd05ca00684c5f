/** The page's own URL: which view is shown, and its query. Navigation changes it without loading the page again. */
import { computed, signal } from "@preact/signals";
import { kindOf, type Kind } from "./kinds.js";

/** Names a run. */
export interface RunReference {
  readonly namespace: string;
  readonly kind: Kind;
  readonly name: string;
}

/** Which Budgets are shown; empty: all. */
export interface BudgetQuery {
  readonly namespace: string;
  readonly name: string;
}

/** Which Deliveries are shown; empty: all. */
export interface DeliveryQuery {
  readonly namespace: string;
  /** `owner/name`. */
  readonly repository: string;
  /** Of the issue or pull request. */
  readonly number: string;
  readonly phase: string;
}

/** Which plays are shown; empty: all. */
export interface PlayQuery {
  readonly namespace: string;
}

/** Which archived runs are shown. */
export interface ArchiveQuery {
  /** Empty: not chosen yet. */
  readonly namespace: string;
  /** Runs of this name; empty: all. */
  readonly name: string;
  /** Word of a kind; empty: all. */
  readonly kind: string;
}

/** Names an archived run. */
export interface ArchivedReference extends RunReference {
  readonly uid: string;
}

export type Route =
  | { readonly view: "list" }
  | ({ readonly view: "deliveries" } & DeliveryQuery)
  | ({ readonly view: "plays" } & PlayQuery)
  | ({ readonly view: "budgets" } & BudgetQuery)
  | ({ readonly view: "archive" } & ArchiveQuery)
  | { readonly view: "archived"; readonly run: ArchivedReference }
  | { readonly view: "run"; readonly run: RunReference; readonly tab: string }
  | { readonly view: "unknown" };

const current = signal(new URL(window.location.href));

export const route = computed<Route>(() => routeOf(current.value.pathname, current.value.search));
export const search = computed(() => current.value.search);

/** Where the list was last, so that "all runs" leads back to the same filters. */
const lastList = signal("/ui/");
export const listUrl = computed(() => lastList.value);

/** The view of a path and query below /ui/. */
export function routeOf(pathname: string, query: string): Route {
  const parts = pathname
    .replace(/^\/ui\/?/, "")
    .split("/")
    .map(decoded);
  if (parts.length === 1 && parts[0] === "") return { view: "list" };
  if (parts.length === 1) {
    const parameters = new URLSearchParams(query);
    const text = (name: string): string => (parameters.get(name) ?? "").slice(0, 253);
    const namespace = text("namespace");
    if (parts[0] === "budgets") return { view: "budgets", namespace, name: text("name") };
    if (parts[0] === "plays") return { view: "plays", namespace };
    if (parts[0] === "archive")
      return { view: "archive", namespace, name: text("name"), kind: kindOf(text("kind"))?.word ?? "" };
    if (parts[0] === "deliveries") {
      const [repository, number, phase] = [text("repository"), text("number"), text("phase")];
      return { view: "deliveries", namespace, repository, number, phase };
    }
  }
  const [first, namespace, plural = "", name, uid, ...more] = parts;
  const kind = kindOf(plural);
  if (namespace === undefined || name === undefined || kind === undefined || more.length > 0)
    return { view: "unknown" };
  const run = { namespace, kind, name };
  if (first === "archive" && uid !== undefined) return { view: "archived", run: { ...run, uid } };
  if (first !== "runs" || uid !== undefined) return { view: "unknown" };
  return { view: "run", run, tab: new URLSearchParams(query).get("tab") ?? "story" };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The URL of a run's view. */
export function runUrl({ namespace, kind, name }: RunReference, tab?: string): string {
  const path = ["runs", namespace, kind.plural, name].map(encodeURIComponent).join("/");
  return `/ui/${path}${tab === undefined ? "" : `?tab=${tab}`}`;
}

/** The URL of the Budgets. */
export function budgetsUrl({ namespace, name }: BudgetQuery): string {
  return urlOf("budgets", { namespace, name });
}

/** The URL of the Deliveries. */
export function deliveriesUrl({ namespace, repository, number, phase }: DeliveryQuery): string {
  return urlOf("deliveries", { namespace, repository, number, phase });
}

/** The URL of the plays. */
export function playsUrl({ namespace }: PlayQuery): string {
  return urlOf("plays", { namespace });
}

/** The URL of the archived runs. */
export function archiveUrl({ namespace, name, kind }: ArchiveQuery): string {
  return urlOf("archive", { namespace, name, kind });
}

/** The URL of an archived run. */
export function archivedUrl({ namespace, kind, name, uid }: ArchivedReference): string {
  return `/ui/${["archive", namespace, kind.plural, name, uid].map(encodeURIComponent).join("/")}`;
}

function urlOf(view: string, values: Readonly<Record<string, string>>): string {
  const query = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "")).toString();
  return `/ui/${view}${query === "" ? "" : `?${query}`}`;
}

/** The URL of the runs that wait for a Budget. @param namespace empty: all */
export function waitingUrl(namespace: string): string {
  const query = new URLSearchParams({ ...(namespace !== "" && { namespace }), phase: "Pending", text: "budget" });
  return `/ui/?${query.toString()}`;
}

/** Shows another view. @param replace without a step in the history, as for each letter of a filter */
export function navigate(url: string, { replace = false }: { readonly replace?: boolean } = {}): void {
  if (replace) window.history.replaceState(null, "", url);
  else window.history.pushState(null, "", url);
  update();
}

function update(): void {
  const url = new URL(window.location.href);
  if (routeOf(url.pathname, url.search).view === "list") lastList.value = `${url.pathname}${url.search}`;
  current.value = url;
}

/** Follows the back button and clicks on the page's own links. */
export function followNavigation(): void {
  update();
  window.addEventListener("popstate", update);
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (link?.target !== "" || link.hasAttribute("download")) return;
    const url = new URL(link.href);
    if (url.origin !== window.location.origin || !url.pathname.startsWith("/ui/")) return;
    event.preventDefault();
    navigate(`${url.pathname}${url.search}`);
  });
}
