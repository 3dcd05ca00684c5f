/** The report of what is in force, and what it says of the ConfigMap as it is stored. */
import t from "tap";
import {
  dataOf,
  messageOf,
  readReport,
  reportOf,
  standingOf,
  type InForceReport,
} from "#src/configuration/in-force.js";
import { ConfigurationSource } from "#src/configuration/source.js";

const namespace = "orchestrator";
const good = "job: {backoffLimit: 2}\n";
const bad = "job: {backoffLimit: many}\n";

/** The report after a source has read these texts, one after the other. */
function reportAfter(...texts: readonly (string | undefined)[]): InForceReport {
  const source = new ConfigurationSource({ JOB_IMAGE: "a:b", OPERATOR_IMAGE: "c:d", SECRET: "x", JOB_TTL_SECONDS: "" });
  let report: InForceReport | undefined;
  for (const [index, text] of texts.entries()) {
    source.update(text, String(index));
    report = reportOf(source, "1.0.0", report, `2026-01-01T00:00:0${index}Z`);
  }
  return report ?? reportOf(source, "1.0.0", undefined, "2026-01-01T00:00:00Z");
}

t.test("a report that is written and read is the same", (t) => {
  for (const report of [reportAfter(), reportAfter(good), reportAfter(good, bad), reportAfter(undefined, bad, good)])
    t.same(readReport(dataOf(report, namespace)), report);
  t.same(reportAfter(good).environment, { JOB_IMAGE: "a:b", OPERATOR_IMAGE: "c:d" }, "only variables that set keys");
  t.end();
});

t.test("a report that something else wrote or changed counts as none", (t) => {
  const data = dataOf(reportAfter(good), namespace);
  t.equal(readReport(undefined), undefined);
  t.equal(readReport({}), undefined);
  t.equal(readReport({ ...data, "config.yaml": bad }), undefined);
  t.equal(readReport({ ...data, "report.json": "{" }), undefined);
  t.equal(readReport({ ...data, "report.json": "[]" }), undefined);
  t.end();
});

t.test("the standing of the stored text: in force, refused, or not read yet", (t) => {
  t.equal(standingOf(reportAfter(), undefined), "inForce");
  t.equal(standingOf(reportAfter(), good), "unread");
  t.equal(standingOf(reportAfter(good), good), "inForce");
  t.equal(standingOf(reportAfter(good), undefined), "unread");
  t.equal(standingOf(reportAfter(good, bad), bad), "refused");
  t.equal(standingOf(reportAfter(good, bad), good), "unread");
  t.equal(standingOf(reportAfter(good, bad, good), good), "inForce");
  t.end();
});

t.test(
  "a text that stays keeps its time and version; the message says what is in force, and why not the newest",
  (t) => {
    t.match(reportAfter(good, good), { since: "2026-01-01T00:00:00Z", resourceVersion: "0" });
    t.match(reportAfter(good, bad, bad), { refused: { since: "2026-01-01T00:00:01Z", resourceVersion: "1" } });
    t.equal(
      messageOf(reportAfter(undefined, bad), namespace),
      'ConfigMap orchestrator/taskrun-controller-config (resourceVersion 1) is not in force: job.backoffLimit must be a whole number from 0 to 100, is "many" (line 1). In force since 2026-01-01T00:00:00Z: the defaults.',
    );
    t.end();
  },
);

t.test("a report fits in a ConfigMap, with any number of problems", (t) => {
  const many = Array.from({ length: 1000 }, (_, index) => `key${index}: 1`).join("\n");
  const report = reportAfter(`#${"x".repeat(65_000)}`, many, `${many}\njob: {backoffLimit: many}`);
  const bytes = Object.values(dataOf(report, namespace)).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  t.ok(bytes < 200_000, `${bytes} bytes`);
  t.match(report.refused?.problems, { length: 20, 0: /^job\.backoffLimit must be/ }, "errors come first");
  t.end();
});

t.test("an earlier text is restored only while every text was refused", (t) => {
  const source = new ConfigurationSource();
  t.notOk(source.needsRestore);
  source.restore(good);
  t.equal(source.current().job.backoffLimit, 0);
  source.update(bad);
  t.ok(source.needsRestore);
  source.restore(bad);
  t.ok(source.needsRestore, "a text that is not valid any more is not restored");
  source.restore(good);
  t.equal(source.current().job.backoffLimit, 2);
  t.match(source, { needsRestore: false, inForce: { text: good }, refused: { text: bad } });
  source.restore("job: {backoffLimit: 3}");
  t.equal(source.current().job.backoffLimit, 2);
  t.end();
});
