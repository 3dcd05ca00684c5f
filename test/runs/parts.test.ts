/** The small pure parts of the engine: names, termination messages, back-off, status patches. */
import fc from "../property.js";
import t from "tap";
import { difference } from "#src/runs/apply/status.js";
import { filesName, jobName } from "#src/api/names.js";
import { decideRetry, fraction } from "#src/runs/retry.js";
import { toSentence } from "#src/runs/message.js";
import { parseTerminationMessage } from "#src/runs/termination.js";

const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,80}[a-z0-9])?$/);
const number = fc.integer({ min: 1, max: 2 ** 31 - 1 });

void t.test("a short Job name has the documented form", (t) => {
  t.equal(jobName("auth-service-task-1001", 1), "auth-service-task-1001-run-1");
  t.equal(filesName("auth-service-task-1001-run-1"), "auth-service-task-1001-run-1-files");
  t.end();
});

void t.test("every Job name is a DNS label that ends with the number of its attempt", (t) => {
  fc.assert(
    fc.property(label, number, (front, run) => {
      const name = jobName(front, run);
      return name.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(name) && name.endsWith(`-run-${run}`);
    }),
  );
  t.pass("as many as fast-check thought of");
  t.end();
});

void t.test("different prefixes or numbers give different Job names, also if they are truncated", (t) => {
  const long = fc.stringMatching(/^[a-z0-9]{50,80}$/);
  fc.assert(
    fc.property(
      long,
      fc.stringMatching(/^[a-z0-9]{1,4}$/),
      fc.stringMatching(/^[a-z0-9]{1,4}$/),
      number,
      (front, a, b, run) => {
        fc.pre(a !== b);
        return jobName(front + a, run) !== jobName(front + b, run);
      },
    ),
  );
  fc.assert(
    fc.property(long, number, number, (front, a, b) => {
      fc.pre(a !== b);
      return jobName(front, a) !== jobName(front, b);
    }),
  );
  t.equal(
    jobName("a".repeat(60), 1),
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa-285b1e14-run-1",
    "and stay what they are",
  );
  t.end();
});

void t.test("only the valid fields of a termination message are used", (t) => {
  t.same(
    parseTerminationMessage(
      JSON.stringify({
        pullRequestUrl: "https://github.com/5dlabs/x/pull/1",
        sessionId: "abc-1",
        qaStatus: "approved",
        remediationStatus: 7,
        summary: " two\nlines\u001b[31m ",
        other: "x",
      }),
    ),
    {
      pullRequestUrl: "https://github.com/5dlabs/x/pull/1",
      sessionId: "abc-1",
      qaStatus: "approved",
      summary: "two lines [31m",
    },
  );
  t.same(parseTerminationMessage(JSON.stringify({ pullRequestUrl: "javascript:alert(1)", sessionId: "a b" })), {});
  t.same(parseTerminationMessage(`{"summary":"s","a":${"[".repeat(2000)}${"]".repeat(2000)}}`), {});
  t.same(parseTerminationMessage("it broke\n"), { summary: "it broke" });
  for (const nothing of [undefined, "", "  ", "[1]", "null", "7", JSON.stringify({ summary: "x".repeat(5000) })]) {
    t.same(parseTerminationMessage(nothing), {});
  }
  t.same(parseTerminationMessage('{"__proto__": {"summary": "x"}, "summary": ""}'), {});
  t.end();
});

void t.test("a quoted message ends with one full stop", (t) => {
  t.same(["it broke", "it broke.\n", "why?", "…"].map(toSentence), ["it broke.", "it broke.", "why?", "…"]);
  t.end();
});

void t.test("no termination message causes an exception or a field longer than the schema allows", (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.json(), fc.string({ maxLength: 4000 })), (message) => {
      const { summary = "", sessionId = "", pullRequestUrl = "" } = parseTerminationMessage(message);
      return (
        summary.length <= 1024 &&
        sessionId.length <= 512 &&
        pullRequestUrl.length <= 2048 &&
        Buffer.from(summary).toString() === summary
      );
    }),
  );
  t.pass("as many as fast-check thought of");
  t.end();
});

const providerLimits = { maxRetries: 5, maxWaitSeconds: 21_600 };
const disruptions = { maxRetries: 5 };

void t.test(
  "the back-off before an automatic retry is within min(max, initial * 2^k), and the same each time it is computed",
  (t) => {
    const policy = {
      maxRetries: 20,
      initialBackoffSeconds: 10,
      maxBackoffSeconds: 60,
      terminalExitCodes: [],
      ...{ providerLimits, disruptions },
    };
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.uuid(), (runs, jobUID) => {
        const records = Array.from({ length: runs }, (_, index) => ({
          number: index + 1,
          cause: index === 0 ? "Initial" : "AutomaticRetry",
          jobUID,
        }));
        const decision = decideRetry(policy, records, 0);
        const again = decideRetry(policy, records, 0);
        if (!decision.again || !again.again) throw new Error("retries were left");
        return decision.at <= Math.min(60, 10 * 2 ** (runs - 1)) * 1000 && decision.at >= 0 && again.at === decision.at;
      }),
    );
    t.end();
  },
);

void t.test("back-offs are spread evenly over Jobs", (t) => {
  const buckets = new Array<number>(10).fill(0);
  for (let job = 0; job < 2000; job++) {
    const bucket = Math.floor(fraction(`uid-${job}`) * 10);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  t.ok(
    buckets.every((count) => count > 140 && count < 260),
    buckets.join(" "),
  );
  t.end();
});

void t.test("a history without the attempt that started the budget counts as if all retries were used", (t) => {
  const policy = {
    maxRetries: 100,
    initialBackoffSeconds: 1,
    maxBackoffSeconds: 1,
    terminalExitCodes: [],
    ...{ providerLimits, disruptions },
  };
  const decision = decideRetry(policy, [{ number: 12, cause: "AutomaticRetry" }], 0);
  t.equal(decision.again, false);
  t.end();
});

void t.test("a status patch contains changed fields, null for removed ones, and nothing if nothing changed", (t) => {
  t.equal(difference({ a: 1, b: [{ c: 2 }] }, { b: [{ c: 2 }], a: 1 }), undefined);
  t.same(difference({ a: 1, b: 2, c: [1] }, { a: 1, c: [1, 2], d: 4 }), { b: null, c: [1, 2], d: 4 });
  t.end();
});
