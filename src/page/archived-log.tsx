/** The log of an archived run's attempt, where the archive keeps logs. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { ArchivedTranscript } from "../server/generated/rest.js";
import { AttemptSelect } from "./attempt-select.js";
import type { Loaded } from "./loaded.js";
import { LogBuffer } from "./log-buffer.js";
import { LogRows } from "./log-rows.js";
import { Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { call } from "./rest-client.js";

/** Attempts to choose from, the latest first. */
const maxChoices = 100;

interface Properties {
  /** Of the archived run, in the REST API. */
  readonly path: string;
  /** How many attempts the run had. */
  readonly attempts: number;
}

export function ArchivedLog({ path, attempts }: Properties): JSX.Element {
  const attempt = useSignal<number | undefined>(undefined);
  const loaded = useSignal<Loaded<ArchivedTranscript>>({});
  useEffect(() => {
    loaded.value = {};
    if (attempt.value === undefined) return;
    const stop = new AbortController();
    call<ArchivedTranscript>(`${path}/transcripts/${attempt.value}`, { signal: stop.signal }).then(
      (value) => (loaded.value = { value }),
      (error: unknown) => {
        if (!stop.signal.aborted) loaded.value = { error: error instanceof Error ? error.message : String(error) };
      },
    );
    return () => stop.abort();
  }, [path, attempt.value]);
  if (attempts === 0) return <p class="quiet">The run had no attempt.</p>;
  const numbers = Array.from({ length: Math.min(attempts, maxChoices) }, (_, index) => attempts - index);
  const { value, error } = loaded.value;
  return (
    <>
      <div class="toolbar">
        <AttemptSelect attempt={attempt} numbers={numbers} count={attempts} unchosen="Choose an attempt" />
        {value !== undefined && (
          <span class="quiet">
            Container {plainLine(value.container)} of pod {plainLine(value.pod)}
          </span>
        )}
      </div>
      {value !== undefined && <Transcript transcript={value} />}
      {error !== undefined && <Notice title="There is no log to show">{plainLine(error)}</Notice>}
      {attempt.value !== undefined && value === undefined && error === undefined && <Notice title="Loading the log" />}
    </>
  );
}

function Transcript({ transcript }: { readonly transcript: ArchivedTranscript }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const { lines, dropped } = useMemo(() => {
    const buffer = new LogBuffer();
    buffer.append(transcript.text);
    return { lines: buffer.lines(), dropped: buffer.dropped };
  }, [transcript]);
  if (lines.length === 0) return <p class="quiet">The agent wrote nothing.</p>;
  return (
    <>
      {transcript.isCut && <p class="quiet">The archive has only the end of this log.</p>}
      {dropped > 0 && (
        <p class="quiet">
          {dropped.toLocaleString("en")} earlier lines are not shown; <code>task logs --archived</code> prints them.
        </p>
      )}
      <LogRows lines={lines} scroller={scroller} />
    </>
  );
}
