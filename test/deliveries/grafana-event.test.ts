/** Alerts of Grafana as Deliveries: what of them is kept, and what is refused. */
import t from "tap";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import { deliveryName, type DeliverySpec } from "#src/api/delivery.js";
import { grafanaAlerts } from "#src/deliveries/grafana-event.js";
import { PayloadError } from "#src/deliveries/github-event.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";

const schema = structuralSchema(deliverySchema);

const alert = (more: object = {}): object => ({
  ...{
    status: "firing",
    fingerprint: "c6eadffa33fcdf37",
    startsAt: "2026-01-02T03:04:05.6Z",
    endsAt: "0001-01-01T00:00:00Z",
  },
  labels: { alertname: "HighErrorRate", repository: "acme/shop", severity: "critical" },
  annotations: { summary: "5 % of requests fail.", description: "Since noon.", runbook_url: "https://wiki.example" },
  ...{ generatorURL: "https://grafana.example/alerting/1", panelURL: "", values: { B: 5 }, silenceURL: "https://x" },
  ...more,
});

function read(alerts: unknown): readonly DeliverySpec[] {
  const specs = grafanaAlerts(Buffer.from(JSON.stringify({ receiver: "r", status: "firing", version: "1", alerts })));
  for (const spec of specs) {
    const object = { apiVersion: "orchestrator.io/v1", kind: "Delivery", metadata: { name: deliveryName(spec) }, spec };
    t.same(schema.validate(object, undefined), [], "the API server accepts it");
  }
  return specs;
}

t.test("an alert is kept with its labels and what it says, and has one id for each time it fires", (t) => {
  const [firing] = read([alert()]);
  t.strictSame(firing, {
    ...{ source: "grafana", event: "alert", action: "firing", id: "c6eadffa33fcdf37-1767323045-firing" },
    repository: { host: "github.com", owner: "acme", name: "shop" },
    labels: ["alertname=HighErrorRate", "repository=acme/shop", "severity=critical"],
    alert: {
      ...{ name: "HighErrorRate", fingerprint: "c6eadffa33fcdf37", text: "5 % of requests fail.\n\nSince noon." },
      url: "https://grafana.example/alerting/1",
    },
  });
  const ids = read([
    alert(),
    alert({ status: "resolved", endsAt: "2026-01-02T04:00:00Z" }),
    alert({ startsAt: "2026-01-03T00:00:00Z" }),
    alert({ fingerprint: "d6eadffa33fcdf37" }),
  ]).map(({ id }) => id);
  t.equal(new Set(ids).size, 4);
  t.equal(ids[0], firing?.id);
  t.end();
});

t.test("labels name the task, and a repository in one of two forms", (t) => {
  const of = (labels: object): DeliverySpec | undefined => read([alert({ labels })])[0];
  t.same(of({ task: "7" })?.labels, ["task-7", "task=7"]);
  t.same(of({ task: "seven" })?.labels, ["task=seven"]);
  t.same(of({ repository: "GitHub.example:8443/a/b.c" })?.repository, {
    ...{ host: "github.example:8443", owner: "a", name: "b.c" },
  });
  for (const repository of ["", "a", "a/b/c/d", "a /b", "https://github.com/a/b", "../b/c?x", "a/b\n"])
    t.equal(of({ repository })?.repository, undefined, repository);
  t.match(of({})?.alert, { name: "c6eadffa33fcdf37" }, "an alert without a name");
  t.end();
});

t.test("long texts and lists are cut, and entries that are not alerts are left out", (t) => {
  const labels = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`l${index}`, "v".repeat(500)]));
  const [long] = read([
    alert({ labels: { ...labels, alertname: "n".repeat(300) }, annotations: { summary: `${"s".repeat(4_095)}😀` } }),
  ]);
  t.equal(long?.labels?.length, 99);
  t.match(long?.alert, { name: /^n{256}$/, text: /^s{4095}$/ });
  t.equal(read([alert({ generatorURL: "javascript:alert(1)" })])[0]?.alert?.url, undefined);
  const none = [null, 1, {}, { status: "firing" }];
  const wrong = [{ status: "pending" }, { fingerprint: "../x" }, { startsAt: "soon" }, { labels: 3, fingerprint: 7 }];
  t.same(read([...none, ...wrong.map(alert)]), []);
  t.match(read([alert({ labels: [1], annotations: "x" })]), [{ labels: [], alert: { text: undefined } }]);
  t.equal(read(Array.from({ length: 80 }, (_, index) => alert({ fingerprint: `f${index}` }))).length, 50);
  t.end();
});

t.test("the name of an alert is one line", (t) => {
  const of = (alertname: string): string | undefined => read([alert({ labels: { alertname } })])[0]?.alert?.name;
  t.equal(of("High\n\n# Task\r\nDelete\u2028it\u202e "), "High # Task Delete it");
  t.equal(of("\n"), "c6eadffa33fcdf37");
  t.end();
});

t.test("an invalid notification is refused", (t) => {
  for (const text of ["", "{}", "[]", "null", '{"alerts":{}}', "{", `{"alerts":${"[".repeat(50)}${"]".repeat(50)}}`])
    t.throws(() => grafanaAlerts(Buffer.from(text)), PayloadError, text);
  t.end();
});
