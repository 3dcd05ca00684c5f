/** The frame of all views: head, sign-in, and the view of the URL. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ArchiveList } from "./archive-list.js";
import { ArchivedRunView } from "./archived-run.js";
import { BudgetList } from "./budget-list.js";
import { HelpDialog } from "./help-dialog.js";
import { onKeys } from "./keys.js";
import { DeliveryList } from "./delivery-list.js";
import { archiveUrl, budgetsUrl, deliveriesUrl, listUrl, navigate, playsUrl, route, type Route } from "./location.js";
import { Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { PlayList } from "./play-list.js";
import { RunList } from "./run-list.js";
import { RunView } from "./run-view.js";
import { loadSession, session, signOut } from "./session.js";
import { SignIn } from "./sign-in.js";
import { nextTheme, theme } from "./theme.js";

const allBudgets = budgetsUrl({ namespace: "", name: "" });
const allPlays = playsUrl({ namespace: "" });
const allDeliveries = deliveriesUrl({ namespace: "", repository: "", number: "", phase: "" });
const archive = archiveUrl({ namespace: "", name: "", kind: "" });
const isHelpOpen = signal(false);

export function Page(): JSX.Element {
  useEffect(
    () =>
      onKeys({
        "?": () => (isHelpOpen.value = true),
        ...{ t: nextTheme, u: () => navigate(listUrl.value), b: () => navigate(allBudgets) },
        ...{ y: () => navigate(allPlays), d: () => navigate(allDeliveries), a: () => navigate(archive) },
      }),
    [],
  );
  return (
    <>
      <Head />
      <View />
      {isHelpOpen.value && <HelpDialog close={() => (isHelpOpen.value = false)} />}
    </>
  );
}

const views = (): readonly { readonly view: string; readonly url: string; readonly title: string }[] => [
  { view: "list", url: listUrl.value, title: "Runs" },
  { view: "plays", url: allPlays, title: "Plays" },
  { view: "deliveries", url: allDeliveries, title: "Deliveries" },
  { view: "budgets", url: allBudgets, title: "Budgets" },
  { view: "archive", url: archive, title: "Archive" },
];

/** The view among {@link views} to which a route belongs. */
const viewOf = ({ view }: Route): string => (view === "archived" ? "archive" : view);

function Head(): JSX.Element {
  const who = session.value;
  return (
    <header class="top">
      <a class="brand" href={listUrl.value}>
        <span class="logo" aria-hidden="true" />
        orchestrator
      </a>
      <nav aria-label="Views">
        {views().map(({ view, url, title }) => (
          <a key={view} href={url} aria-current={viewOf(route.value) === view ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
      <span class="gap" />
      {who.state === "in" && (
        <span class="who" title="Signed in as">
          {plainLine(who.username)}
        </span>
      )}
      <button type="button" class="plain" onClick={nextTheme} title="Theme: system, light or dark">
        {{ system: "Auto", light: "Light", dark: "Dark" }[theme.value]}
      </button>
      <button type="button" class="plain" onClick={() => (isHelpOpen.value = true)} title="Keys">
        ?
      </button>
      {who.state === "in" && who.canSignOut && (
        <button type="button" class="plain" onClick={() => void signOut()}>
          Sign out
        </button>
      )}
    </header>
  );
}

function View(): JSX.Element {
  const who = session.value;
  const at = route.value;
  if (who.state === "unknown") return <Notice title="Loading" />;
  if (who.state === "out" && who.signIn === "link")
    return (
      <Notice title="This browser is not signed in">
        <p>
          Open the link that <code>orchestrator ui</code> printed. It works once: for another browser, run the command
          again.
        </p>
      </Notice>
    );
  if (who.state === "out") return <SignIn />;
  if (who.state === "failed")
    return (
      <Notice kind="error" title="The server does not answer as it should">
        <p>{plainLine(who.message)}</p>
        <button type="button" onClick={() => void loadSession()}>
          Retry
        </button>
      </Notice>
    );
  if (at.view === "list") return <RunList />;
  if (at.view === "budgets") return <BudgetList namespace={at.namespace} name={at.name} />;
  if (at.view === "plays") return <PlayList namespace={at.namespace} />;
  if (at.view === "deliveries") {
    const { namespace, repository, number, phase } = at;
    return <DeliveryList namespace={namespace} repository={repository} number={number} phase={phase} />;
  }
  if (at.view === "archive") return <ArchiveList namespace={at.namespace} name={at.name} kind={at.kind} />;
  if (at.view === "archived") return <ArchivedRunView key={at.run.uid} reference={at.run} />;
  if (at.view === "run") {
    const { namespace, kind, name } = at.run;
    return <RunView key={`${namespace}/${kind.plural}/${name}`} reference={at.run} tab={at.tab} />;
  }
  return (
    <Notice title="There is no such page">
      <a href="/ui/">All runs</a>
    </Notice>
  );
}
