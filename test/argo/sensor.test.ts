/** The sample for Argo Events stores the same Delivery as the server's receiver: Argo's own code applies it to real payloads. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { parse } from "yaml";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import { deliveryName } from "#src/api/delivery.js";
import { githubEvent } from "#src/deliveries/github-event.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import { packageRoot } from "#src/version.js";
import { webhookExamples, type WebhookExample } from "../deliveries/webhook-examples.js";
import { goProgram } from "../go-program.js";
import { noArgo } from "./argo-programs.js";

const skip = noArgo;
const samples = join(packageRoot, "config/samples/argo-events");
const source = parse(readFileSync(join(samples, "event-source.yaml"), "utf8")) as {
  spec: { github: { orchestrator: { events: string[] } } };
};
const { events } = source.spec.github.orchestrator;
const id = "72D3162E-cc78-11e3-81ab-4c9367dc0958";
let program: string;
let directory: string;

if (skip === false) {
  t.before(async () => {
    program = await goProgram("tools/argo-events", (line) => t.comment(line));
    directory = mkdtempSync(join(tmpdir(), "sensor-"));
    t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  });
}

/** What the Sensor creates; undefined if it takes no notice. */
async function created({ event, body }: Pick<WebhookExample, "event" | "body">, place: string): Promise<unknown> {
  const file = join(directory, `${place.replaceAll("/", "-")}.json`);
  const headers = { "X-Github-Event": [event], "X-Github-Delivery": [id] };
  // as the EventSource stores it
  writeFileSync(file, JSON.stringify({ headers, body: JSON.parse(body.toString()) as unknown }));
  const { stdout } = await promisify(execFile)(program, [join(samples, "sensor.yaml"), file]);
  return stdout === "" ? undefined : JSON.parse(stdout);
}

t.test("the EventSource is one", { skip }, async (t) => {
  await promisify(execFile)(program, [join(samples, "event-source.yaml")]);
  t.same(events, ["pull_request", "pull_request_review", "issues", "issue_comment", "check_suite", "push"]);
});

t.test("each webhook becomes the Delivery that the receiver stores", { skip }, async (t) => {
  const examples = [...webhookExamples()].filter(
    ({ event, place }) => events.includes(event) && place.startsWith("api."),
  );
  t.ok(examples.length > 10, `${examples.length} payloads`);
  for (const { event, body, place } of examples) {
    const spec = githubEvent(event, id, body);
    const object = (await created({ event, body }, place)) as { metadata?: object; spec?: object } | undefined;
    if (spec === undefined) {
      t.equal(object, undefined, place);
      continue;
    }
    t.match(object?.metadata, { name: deliveryName(spec), namespace: "orchestrator" }, place);
    t.same(object?.spec, spec, place);
    t.same(structuralSchema(deliverySchema).validate(object, undefined), [], place);
  }
});

t.test("forks, check suites without a branch, pushes and issues are read as by the receiver", { skip }, async (t) => {
  const repository = { id: 1, name: "shop", html_url: "https://GitHub.com/acme/shop", owner: { login: "acme" } };
  const pull = (repo: object | null): object => ({
    action: "opened",
    repository,
    pull_request: {
      number: 3,
      draft: false,
      labels: [],
      head: { ref: "x", sha: "ab12cd34", repo },
      base: { ref: "main", repo: { id: 1 } },
    },
  });
  const suite = (more: object): object => ({
    action: "completed",
    repository,
    check_suite: {
      head_branch: "x",
      head_sha: "ab12cd34",
      conclusion: "failure",
      pull_requests: [],
      app: { name: "CI" },
      ...more,
    },
  });
  const push = (more: object): object => ({
    ...{ ref: "refs/heads/feature/x", after: "ab12cd34".repeat(5), commits: [], repository },
    ...more,
  });
  const issue = {
    number: 4,
    title: "It fails",
    body: "Why?",
    labels: [{ name: "x" }],
    updated_at: "2026-11-25T10:00:00Z",
  };
  const cases: readonly (readonly [event: string, payload: object])[] = [
    ["pull_request", pull({ id: 1 })],
    ["pull_request", pull({ id: 2 })],
    ["pull_request", pull(null)],
    ["check_suite", suite({})],
    ["check_suite", suite({ head_branch: null })],
    [
      "check_suite",
      suite({ pull_requests: [{ number: 3, head: { repo: { id: 2 } }, base: { ref: "main", repo: { id: 1 } } }] }),
    ],
    ["push", push({})],
    ["push", push({ ref: "refs/tags/v1" })],
    ["push", push({ after: "0".repeat(40), deleted: true, commits: [] })],
    ["push", push({ commits: undefined })],
    ["push", push({ commits: [{ added: ["b", "a"], removed: ["c"], modified: ["a", 7] }, { added: ["d", "b"] }] })],
    ["push", push({ commits: [{ added: Array.from({ length: 300 }, (_, n) => `f${n}`) }] })],
    ["issues", { action: "labeled", repository, label: { name: "x" }, issue: { ...issue, state: "closed" } }],
    ["issues", { action: "opened", repository, issue: { ...issue, updated_at: "yesterday" } }],
  ];
  for (const [index, [event, payload]] of cases.entries()) {
    const body = Buffer.from(JSON.stringify(payload));
    const object = (await created({ event, body }, String(index))) as { spec?: object };
    t.same(object.spec, githubEvent(event, id, body), JSON.stringify(payload));
  }
  t.equal(await created({ event: "star", body: Buffer.from("{}") }, "star"), undefined);
});
