/** What follows a failed attempt, by the class of its failure. */
import t from "tap";
import fc from "../property.js";
import {
  failureClasses,
  failureClassOf,
  failurePolicyOf,
  isDisruption,
  type FailureClass,
} from "#src/api/failure-classes.js";
import { reasons, type Reason, type ReasonEntry } from "#src/api/reasons.js";
import { decideRetry, policyOf, type Retry } from "#src/runs/retry.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRunKind } from "../kinds/task-runs.js";
import { exampleRun } from "./model-cluster.js";
import type { AttemptRecord } from "#src/runs/run.js";

const policy = {
  ...{ maxRetries: 2, initialBackoffSeconds: 10, maxBackoffSeconds: 600, terminalExitCodes: [42] },
  providerLimits: { maxRetries: 3, maxWaitSeconds: 7_200 },
  disruptions: { maxRetries: 4 },
};

const record = (number: number, reason: string): AttemptRecord => ({
  ...{ number, jobUID: `uid-${number}`, outcome: "Failed", reason },
  cause: number === 1 ? "Initial" : "AutomaticRetry",
});
const records = (...of: readonly string[]): AttemptRecord[] => of.map((reason, index) => record(index + 1, reason));
const decide = (of: readonly string[], resetAt?: number): Retry => decideRetry(policy, records(...of), 0, resetAt);

/** One reason for each class. */
const examples: Readonly<Record<FailureClass, readonly string[]>> = {
  person: ["BudgetExceeded", "KeyRefused", "CommandNotFound", "SecretMissing"],
  providerLimit: ["ProviderLimited"],
  disruption: ["Evicted", "OutOfcpu", "NodeLost", "Disrupted"],
  start: ["SidecarFailing", "CreateContainerError"],
  network: ["WorkspaceNotPrepared", "ProviderUnavailable"],
  agent: ["AgentFailed", "DeadlineExceeded", "NoPullRequest", "AttemptFailed", "BackoffLimitExceeded", "constructor"],
  resources: ["OOMKilled", "StorageLimitExceeded"],
  delivery: ["DeliveryFailed"],
  lost: ["JobLost"],
};

for (const [name, of] of Object.entries(examples) as [FailureClass, readonly string[]][])
  t.test(`class ${name} has the course of the table`, (t) => {
    const { retry, bound } = failureClasses[name];
    for (const reason of of) {
      t.equal(failureClassOf(reason), name, reason);
      const first = decide([reason]);
      t.equal(first.again, retry !== "none", reason);
      if (!first.again) {
        t.match(first, { reason: "NotRetryable" });
        continue;
      }
      const counted = decide([reason, reason, reason]);
      if (bound === undefined) {
        t.equal(first.left, 2);
        t.match(counted, { again: false, reason: "RetriesExhausted" });
        t.ok(first.at >= 0 && first.at <= 10_000, "within the back-off");
        continue;
      }
      const most = policy[bound].maxRetries;
      t.match(counted, { again: true, left: 2 }, "none of them counts");
      t.match(decide(Array<string>(most + 1).fill(reason)), { again: true, left: 2 }, "counts from now on");
      t.match(decide(Array<string>(most + 2).fill(reason)), { again: true, left: 1 });
      t.match(decide(Array<string>(most + 3).fill(reason)), { again: false, reason: "RetriesExhausted" });
    }
    t.end();
  });

t.test("a reset that is known is waited for, and a disruption backs off by its own count", (t) => {
  const limited = decide(["ProviderLimited"], 3_600_000);
  t.ok(limited.again && limited.at >= 3_600_000 && limited.at <= 3_630_000);
  const far = decide(["ProviderLimited"], 36_000_000);
  t.ok(far.again && far.at <= 10_000, "one that is too far away is retried as others are");
  const disrupted = decide(["AgentFailed", "AgentFailed", "Evicted"]);
  t.ok(disrupted.again && disrupted.at <= 10_000, "the node is not to blame for the agent");
  t.match(disrupted, { left: 0 });
  t.end();
});

t.test("limits without a known reset back off by their own count, up to the longest wait", (t) => {
  const waits = [1, 2, 3].map((count) =>
    decide([...Array<string>(2).fill("AgentFailed"), ...Array<string>(count).fill("ProviderLimited")]),
  );
  for (const [index, seconds] of [300, 600, 1_200].entries()) {
    const decision = waits[index];
    t.ok(
      decision?.again === true && decision.at >= seconds * 1000 && decision.at <= (seconds + 30) * 1000,
      `${seconds} s`,
    );
  }
  const short = { ...policy, providerLimits: { maxRetries: 3, maxWaitSeconds: 400 } };
  const bounded = decideRetry(short, records("ProviderLimited", "ProviderLimited"), 0);
  t.ok(bounded.again && bounded.at >= 400_000 && bounded.at <= 430_000);
  t.end();
});

t.test("terminal exit codes end the retries of any class", (t) => {
  for (const reason of Object.values(examples).flat()) {
    const [last] = records(reason);
    if (last === undefined) throw new Error("there is one");
    t.match(decideRetry(policy, [{ ...last, exitCode: 42 }], 0), { again: false, reason: "TerminalExitCode" });
  }
  t.end();
});

t.test("every reason of a failed attempt has a class", (t) => {
  // ends of runs without an attempt
  const others: readonly string[] = ["DependencyFailed", "AlreadyDone"] satisfies Reason[];
  for (const [reason, entry] of Object.entries(reasons as Readonly<Record<string, ReasonEntry>>)) {
    const ends = entry.phases.includes("Failed") && !others.includes(reason);
    const hasClass = entry.failure !== undefined || entry.startProblem !== undefined;
    if (ends) t.ok(hasClass, reason);
    else t.equal(entry.failure, undefined, reason);
    if (entry.failure !== undefined) t.equal(failurePolicyOf(reason), failureClasses[entry.failure]);
    t.equal(isDisruption(reason), false, `${reason} is a word of ours`);
  }
  t.end();
});

t.test("attempts stay bounded, with any failures and any number of records", (t) => {
  const reason = fc.constantFrom(...Object.values(examples).flat());
  const small = fc.integer({ min: 0, max: 6 });
  fc.assert(
    fc.property(
      fc.array(reason, { minLength: 40, maxLength: 40 }),
      fc.record({ maxRetries: small, limits: small, disruptions: small, kept: fc.integer({ min: 2, max: 10 }) }),
      (failures, { maxRetries, limits, disruptions, kept }) => {
        const own = {
          ...{ ...policy, maxRetries, disruptions: { maxRetries: disruptions } },
          providerLimits: { maxRetries: limits, maxWaitSeconds: 7_200 },
        };
        const all: AttemptRecord[] = [];
        for (const each of failures) {
          all.push(record(all.length + 1, each));
          // as a status keeps them: the first, and the newest
          const stored = all.length <= kept ? all : [...all.slice(0, 1), ...all.slice(1 - kept)];
          const decision = decideRetry(own, stored, 0);
          if (!decision.again) break;
          if (decision.left < 0 || decision.left > maxRetries) throw new Error(`${decision.left} retries left`);
        }
        const most = 1 + maxRetries + limits + disruptions;
        if (all.length > most) throw new Error(`${all.length} attempts, at most ${most}`);
        // those that are not to blame use up nothing while all records are kept
        const counted = all.slice(0, -1).filter((each) => failurePolicyOf(each.reason).bound === undefined).length;
        if (counted > maxRetries) throw new Error(`${counted} counted retries`);
      },
    ),
    { numRuns: 500 },
  );
  t.end();
});

t.test("with maxRetries 0 nothing is retried, after any end of an attempt", (t) => {
  const once = policyOf(taskRunKind, exampleRun({ retry: { maxRetries: 0 } }), defaultConfiguration);
  const usual = policyOf(taskRunKind, exampleRun(), defaultConfiguration);
  for (const reason of Object.values(examples).flat()) {
    t.equal(decideRetry(once, records(reason), 0, 1_000).again, false, reason);
    t.equal(decideRetry(usual, records(reason), 0, 1_000).again, failurePolicyOf(reason).retry !== "none", reason);
  }
  t.end();
});
