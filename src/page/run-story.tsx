/** What happened to a run, and what it waits for. */
import type { JSX } from "preact";
import { localTime, now } from "./age.js";
import { duration } from "./duration.js";
import { Dependencies } from "./dependencies.js";
import type { Kind } from "./kinds.js";
import { Age, SafeLink } from "./parts.js";
import { plainLine } from "./plain-text.js";
import { usageText } from "./usage-text.js";
import { specText, type Attempt, type Condition, type Run } from "./run-types.js";

/** @param kind absent: of an archived run, whose dependencies may be gone, too */
export function RunStory({ run, kind }: { readonly run: Run; readonly kind?: Kind }): JSX.Element {
  const { conditions = [], runs = [] } = run.status ?? {};
  return (
    <div class="story">
      <Facts run={run} />
      <section aria-labelledby="attempts">
        <h2 id="attempts">Attempts</h2>
        {runs.length === 0 ? (
          <p class="quiet">None yet. Nothing has been paid for.</p>
        ) : (
          <Attempts attempts={runs} count={run.status?.attempts ?? runs.length} />
        )}
      </section>
      {kind !== undefined && <Dependencies run={run} kind={kind} />}
      <section aria-labelledby="conditions">
        <h2 id="conditions">Conditions</h2>
        {conditions.length === 0 ? <p class="quiet">None yet.</p> : <Conditions conditions={conditions} />}
      </section>
    </div>
  );
}

function Facts({ run }: { readonly run: Run }): JSX.Element {
  const { status, metadata } = run;
  const { startTime, completionTime, nextRetryTime, pullRequestUrl, sessionId, usage } = status ?? {};
  const texts: readonly (readonly [string, string | undefined])[] = [
    ["Task", specText(run, "taskId")],
    ["Service", specText(run, "serviceName", "service")],
    ["Directory", specText(run, "workingDirectory")],
    ["Agent", specText(run, "agentName", "githubApp", "githubUser")],
    ["Model", specText(run, "model")],
    ["Priority", specText(run, "priority")],
    ["Repository", specText(run, "repositoryUrl")],
    ["Session", sessionId],
    ["Models", usage && usageText(usage)],
  ];
  return (
    <dl class="facts">
      {texts.map(([name, text]) => text !== undefined && <Fact key={name} name={name} value={plainLine(text)} />)}
      {pullRequestUrl !== undefined && <Fact name="Pull request" value={<SafeLink url={pullRequestUrl} />} />}
      <Fact name="Created" value={<Ago time={metadata.creationTimestamp} />} />
      {startTime !== undefined && <Fact name="Started" value={<Ago time={startTime} />} />}
      {completionTime !== undefined && <Fact name="Ended" value={<Ago time={completionTime} />} />}
      {startTime !== undefined && <Fact name="Duration" value={lasted(startTime, completionTime)} />}
      {nextRetryTime !== undefined && (
        <Fact
          name="Next retry"
          value={<span title={localTime(nextRetryTime)}>in {duration(Date.parse(nextRetryTime) - now.value)}</span>}
        />
      )}
    </dl>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: JSX.Element | string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Ago({ time }: { readonly time: string }): JSX.Element {
  return (
    <>
      <Age time={time} /> ago
    </>
  );
}

function lasted(start: string, end: string | undefined): string {
  const from = Date.parse(start);
  const to = end === undefined ? now.value : Date.parse(end);
  return Number.isNaN(from) || Number.isNaN(to) ? "–" : duration(to - from);
}

function Attempts({ attempts, count }: { readonly attempts: readonly Attempt[]; readonly count: number }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Attempts">
      <table>
        <thead>
          <tr>
            <th class="number">Attempt</th>
            <th>Outcome</th>
            <th>Why it started</th>
            <th>Started</th>
            <th class="number">Duration</th>
            <th class="number">Exit code</th>
            <th>Reason</th>
          </tr>
        </thead>
        <tbody>
          {attempts.toReversed().map((attempt) => (
            <tr key={attempt.number}>
              <td class="number">{attempt.number}</td>
              <td>
                <Outcome attempt={attempt} />
              </td>
              <td>{plainLine(attempt.cause ?? "–")}</td>
              <td>{attempt.startTime === undefined ? "–" : localTime(attempt.startTime)}</td>
              <td class="number">
                {attempt.startTime === undefined ? "–" : lasted(attempt.startTime, attempt.completionTime)}
              </td>
              <td class="number">{attempt.exitCode ?? "–"}</td>
              <td class="text">{plainLine(attempt.reason ?? "–")}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {count > attempts.length && (
        <p class="quiet">
          The latest {attempts.length} of {count}.
        </p>
      )}
    </div>
  );
}

function Outcome({ attempt }: { readonly attempt: Attempt }): JSX.Element {
  const { outcome } = attempt;
  const style = outcome === undefined ? "running" : outcome === "Succeeded" ? "succeeded" : "failed";
  return (
    <span class={`phase phase-${style}`}>
      <span class="dot" aria-hidden="true" />
      {plainLine(outcome ?? "Running")}
    </span>
  );
}

function Conditions({ conditions }: { readonly conditions: readonly Condition[] }): JSX.Element {
  return (
    <div class="wide-table" tabIndex={0} role="region" aria-label="Conditions">
      <table>
        <thead>
          <tr>
            <th>Condition</th>
            <th>Status</th>
            <th>Reason</th>
            <th>Message</th>
            <th class="number">Since</th>
          </tr>
        </thead>
        <tbody>
          {conditions.map(({ type, status, reason, message, lastTransitionTime }) => (
            <tr key={type}>
              <td>{plainLine(type)}</td>
              <td>{status}</td>
              <td>{plainLine(reason)}</td>
              <td class="text">{plainLine(message)}</td>
              <td class="number">
                <Age time={lastTransitionTime} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
