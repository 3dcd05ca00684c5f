/** The output of a run's agent, followed through its attempts. */
import { signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { AttemptSelect } from "./attempt-select.js";
import { Following } from "./following.js";
import { onKeys } from "./keys.js";
import type { RunReference } from "./location.js";
import { LogBuffer, type LogLine } from "./log-buffer.js";
import { lineHeight, LogRows } from "./log-rows.js";
import { ConnectionState, Notice } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { problemOf, query, RestError, stream } from "./rest-client.js";
import { hasEnded, type Run } from "./run-types.js";
import { runPath } from "./run-path.js";

/** Lines of an attempt's output that are loaded at first. */
const tail = 5_000;

/** Milliseconds over which output is gathered before it is shown. */
const gathering = 80;

interface LogOptions {
  /** Absent: the latest, and what follows. */
  readonly attempt: number | undefined;
  readonly timestamps: boolean;
  readonly isOver: () => boolean;
}

/** The lines of one attempt, or of the latest and what follows. */
class LogState {
  readonly #buffer = new LogBuffer();
  readonly lines = signal<readonly LogLine[]>([]);
  readonly dropped = signal(0);
  /** Lines that came while the view is paused. */
  readonly isPaused = signal(false);
  /** Why there is no output, as the run says. */
  readonly problem = signal<string | undefined>(undefined);
  readonly following: Following;
  #timer: ReturnType<typeof setTimeout> | undefined;

  readonly #isOver: () => boolean;

  /** @param isOver whether nothing more can come when the stream ends */
  constructor(reference: RunReference, { attempt, timestamps, isOver }: LogOptions) {
    this.#isOver = isOver;
    // an earlier attempt is over; the latest is followed
    const options = {
      attempt,
      tail,
      ...(attempt === undefined && { follow: true }),
      ...(timestamps && { timestamps }),
    };
    const path = `${runPath(reference, "logs")}${query(options)}`;
    this.following = new Following((stop, onLive) => this.#connect(path, stop, onLive));
  }

  stop(): void {
    this.following.stop();
    clearTimeout(this.#timer);
  }

  pause(isPaused: boolean): void {
    this.isPaused.value = isPaused;
    if (!isPaused) this.#show();
  }

  async #connect(path: string, stop: AbortSignal, onLive: () => void): Promise<boolean> {
    try {
      let isFirst = true;
      for await (const { event, data } of stream(path, stop, onLive)) {
        // what was read before a lost connection comes again
        if (isFirst) this.#buffer.clear();
        isFirst = false;
        const value = JSON.parse(data === "" ? "{}" : data) as Readonly<Record<string, unknown>>;
        if (event === "attempt") this.#buffer.begin(Number(value.attempt), String(value.pod));
        else if (event === "output") this.#buffer.append(String(value.text));
        else if (event === "error") throw problemOf(data);
        else if (event === "end") {
          this.#show();
          // a server that stops ends its streams, too
          return this.#isOver();
        }
        this.problem.value = undefined;
        this.#timer ??= setTimeout(() => this.#show(), gathering);
      }
      return false;
    } catch (error) {
      if (error instanceof RestError) this.problem.value = error.message;
      throw error;
    }
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.isPaused.value) return;
    this.lines.value = this.#buffer.lines();
    this.dropped.value = this.#buffer.dropped;
  }
}

/** Kept while the page is open. */
const timestamps = signal(false);

export function LogView({ run, reference }: { readonly run: Run; readonly reference: RunReference }): JSX.Element {
  const attempt = useSignal<number | undefined>(undefined);
  const times = useSignal(0);
  const latest = useRef(run);
  latest.current = run;
  const state = useMemo(() => {
    const isOver = (): boolean => attempt.peek() !== undefined || hasEnded(latest.current);
    return new LogState(reference, { attempt: attempt.value, timestamps: timestamps.value, isOver });
  }, [attempt.value, timestamps.value, times.value]);
  useEffect(() => () => state.stop(), [state]);
  const isOver = state.following.state.value.state === "ended";
  useEffect(() => {
    // it ended with the run, which was retried since
    if (isOver && attempt.value === undefined && !hasEnded(run)) times.value += 1;
  }, [isOver, run.metadata.resourceVersion]);
  useEffect(() => onKeys({ p: () => state.pause(!state.isPaused.value) }), [state]);
  return (
    <div class="log-view">
      <div class="toolbar">
        <AttemptSelect
          attempt={attempt}
          numbers={(run.status?.runs ?? []).map(({ number }) => number)}
          count={run.status?.attempts ?? 0}
          unchosen="Latest, and what follows"
        />
        <label>
          <input
            type="checkbox"
            checked={timestamps.value}
            onChange={({ currentTarget }) => (timestamps.value = currentTarget.checked)}
          />{" "}
          Times
        </label>
        <button type="button" aria-pressed={state.isPaused.value} onClick={() => state.pause(!state.isPaused.value)}>
          {state.isPaused.value ? "Continue" : "Pause"}
        </button>
        <a
          class="button"
          href={`${runPath(reference, "logs")}${query({ attempt: attempt.value })}`}
          download={`${reference.name}.log`}
        >
          Download
        </a>
        <span class="gap" />
        {state.isPaused.value && <span class="quiet">Paused</span>}
        <ConnectionState following={state.following} />
      </div>
      <LogLines state={state} />
    </div>
  );
}

function LogLines({ state }: { readonly state: LogState }): JSX.Element {
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const lines = state.lines.value;
  useLayoutEffect(() => {
    const element = scroller.current;
    if (element !== null && isAtEnd.current && !state.isPaused.value) element.scrollTop = element.scrollHeight;
  }, [lines]);
  if (lines.length === 0)
    return state.problem.value === undefined ? (
      <Notice title="No output yet" />
    ) : (
      <Notice title="No output">
        <p>{plainLine(state.problem.value)}</p>
      </Notice>
    );
  return (
    <>
      {state.dropped.value > 0 && (
        <p class="quiet log-note">
          {state.dropped.value.toLocaleString("en")} earlier lines are not shown: download the log to have them.
        </p>
      )}
      <LogRows
        lines={lines}
        scroller={scroller}
        onScroll={({ scrollTop, clientHeight, scrollHeight }) =>
          (isAtEnd.current = scrollTop + clientHeight > scrollHeight - 2 * lineHeight)
        }
      />
    </>
  );
}
