/** Small parts that several views have. */
import type { ComponentChildren, JSX } from "preact";
import { localTime, now } from "./age.js";
import { ageOf, duration } from "./duration.js";
import type { Connection, Following } from "./following.js";
import { phases } from "./filters.js";
import { linkTarget, plainLine } from "./plain-text.js";

/** A phase as a colored mark with its word. */
export function PhaseMark({ phase }: { readonly phase: string }): JSX.Element {
  const known = phases.find((each) => each === phase);
  return (
    <span class={`phase ${known === undefined ? "" : `phase-${known.toLowerCase()}`}`}>
      <span class="dot" aria-hidden="true" />
      {plainLine(phase)}
    </span>
  );
}

/** How long ago a moment was, with the moment itself as title. */
export function Age({ time }: { readonly time: string | undefined }): JSX.Element {
  if (time === undefined) return <span class="quiet">–</span>;
  return (
    <time dateTime={time} title={localTime(time)}>
      {ageOf(time, now.value)}
    </time>
  );
}

/** A link for http and https; anything else is text. */
export function SafeLink({ url }: { readonly url: string }): JSX.Element {
  const target = linkTarget(url);
  const text = plainLine(url);
  if (target === undefined) return <span>{text}</span>;
  return (
    <a href={target} target="_blank" rel="noopener noreferrer">
      {text}
    </a>
  );
}

interface ConnectionProperties {
  readonly following: Following;
  /** The view says itself what is wrong. */
  readonly isBrief?: boolean;
}

/** Whether what is shown is up to date, and when the page tries again. */
export function ConnectionState({ following, isBrief = false }: ConnectionProperties): JSX.Element {
  const connection = following.state.value;
  return (
    <span class={`connection connection-${connection.state}`} role="status">
      <span class="dot" aria-hidden="true" />
      {connectionText(connection, isBrief)}
      {connection.state === "lost" && (
        <button type="button" class="plain" onClick={() => following.retry()}>
          Retry now
        </button>
      )}
    </span>
  );
}

function connectionText(connection: Connection, isBrief: boolean): string {
  if (connection.state === "connecting") return "Connecting";
  if (connection.state === "live") return "Live";
  if (connection.state === "ended") return "Ended";
  const next = `Next try in ${duration(connection.retryAt - now.value + 999)}`;
  return isBrief ? next : `Not up to date: ${plainLine(connection.message)}. ${next}`;
}

/** What a view shows instead of content: nothing there, or an error. */
export function Notice({
  title,
  kind = "empty",
  children,
}: {
  readonly title: string;
  readonly kind?: "empty" | "error";
  readonly children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`notice notice-${kind}`} role={kind === "error" ? "alert" : "status"}>
      <strong>{title}</strong>
      {children !== undefined && <div>{children}</div>}
    </div>
  );
}
