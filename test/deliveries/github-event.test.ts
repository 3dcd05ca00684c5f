/** GitHub's webhooks as Deliveries: what of them is kept, and what is refused. */
import t from "tap";
import { deliverySchema } from "#src/api/generated/delivery.schema.js";
import type { DeliverySpec } from "#src/api/delivery.js";
import { githubEvent, knownEvents, PayloadError } from "#src/deliveries/github-event.js";
import { structuralSchema } from "#src/runtime/schema/structural.js";
import fc from "../property.js";
import { webhookExamples } from "./webhook-examples.js";

const schema = structuralSchema(deliverySchema);
const id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

function violations(spec: DeliverySpec): unknown[] {
  const object = { apiVersion: "orchestrator.io/v1", kind: "Delivery", metadata: { name: "d" }, spec };
  return schema.validate(object, undefined);
}

const eventOf = (event: string, payload: unknown): DeliverySpec | undefined =>
  githubEvent(event, id, Buffer.from(JSON.stringify(payload)));

t.test("every collected payload is a Delivery that the API server accepts, or is not taken in", (t) => {
  const seen = new Set<string>();
  let count = 0;
  for (const { place, event, action, body } of webhookExamples()) {
    count++;
    const spec = githubEvent(event, id, body);
    const isTakenIn = knownEvents.includes(event) && (!/^(check|workflow)_/.test(event) || action === "completed");
    if (spec === undefined) {
      t.notOk(isTakenIn, place);
      continue;
    }
    seen.add(event);
    t.ok(isTakenIn, place);
    t.same(violations(spec), [], place);
    t.equal(spec.action, action, place);
    t.type(spec.sender?.id, "number", place);
    if (event !== "installation") t.type(spec.repository?.name, "string", place);
    if (/^(pull_request|issue)/.test(event)) t.type(spec.subject?.number, "number", place);
    if (event.startsWith("pull_request")) t.match(spec.revision, /^[0-9a-f]{40}$/, place);
    // an event is a tiny part of its payload
    t.ok(JSON.stringify(spec).length < 12_000, place);
  }
  t.same([...seen].sort(), [...knownEvents].sort());
  t.ok(count > 600, `${count} payloads`);
  t.end();
});

t.test("a pull request from a fork, also from a deleted one, is marked", (t) => {
  const pull = (headRepository: unknown): unknown => ({
    action: "opened",
    pull_request: { number: 1, head: { ref: "x", repo: headRepository }, base: { ref: "main", repo: { id: 7 } } },
  });
  t.equal(eventOf("pull_request", pull({ id: 7 }))?.fork, false);
  t.equal(eventOf("pull_request", pull({ id: 8 }))?.fork, true);
  t.equal(eventOf("pull_request", pull(null))?.fork, true);
  t.end();
});

t.test("a check of a fork is marked: GitHub leaves its branch out, or names another repository", (t) => {
  const suite = (more: object): unknown => ({
    action: "completed",
    repository: { id: 7 },
    check_suite: { conclusion: "failure", head_sha: "ab12cd34", pull_requests: [], ...more },
  });
  t.equal(eventOf("check_suite", suite({ head_branch: null }))?.fork, true);
  t.equal(eventOf("check_suite", suite({ head_branch: "b" }))?.fork, false);
  const pull = { number: 2, head: { repo: { id: 8 } }, base: { repo: { id: 7 } } };
  t.equal(eventOf("check_suite", suite({ head_branch: "b", pull_requests: [pull] }))?.fork, true);
  const run = { conclusion: "failure", head_branch: "b", head_repository: { id: 8 } };
  t.equal(eventOf("workflow_run", { action: "completed", repository: { id: 7 }, workflow_run: run })?.fork, true);
  t.end();
});

t.test("a repository whose host is too long for a name is none", (t) => {
  const repository = (host: string): unknown => ({
    name: "shop",
    html_url: `https://${host}/`,
    owner: { login: "acme" },
  });
  const host = `${"a".repeat(63)}.`.repeat(4);
  t.equal(eventOf("push", { repository: repository(`${host}b`) })?.repository, undefined);
  t.match(eventOf("push", { repository: repository("github.com") })?.repository, { host: "github.com" });
  t.end();
});

t.test("long texts are cut, and never within a character", (t) => {
  const spec = eventOf("issue_comment", {
    action: "created",
    issue: {
      number: 3,
      title: `${"a".repeat(255)}😀`,
      labels: Array.from({ length: 200 }, (_, n) => ({ name: `l${n}` })),
    },
    comment: { body: "b".repeat(100_000) },
  });
  t.equal(spec?.subject?.title, "a".repeat(255));
  t.equal(spec?.comment?.text?.length, 4_096);
  t.equal(spec?.labels?.length, 100);
  t.end();
});

t.test("the files of a push are listed once each, up to 200", (t) => {
  const commits = Array.from({ length: 300 }, (_, n) => ({ added: [`f${n}`], modified: ["same"], removed: [] }));
  const spec = eventOf("push", { ref: "refs/heads/feature/task-5-x", after: "0".repeat(40), commits });
  t.equal(spec?.branch, "feature/task-5-x");
  t.equal(spec?.revision, undefined);
  t.equal(spec?.paths?.length, 200);
  t.equal(spec?.pathsTruncated, true);
  t.same(eventOf("push", { ref: "refs/tags/v1", commits: [] })?.branch, undefined);
  t.end();
});

t.test("hostile payloads are refused without a word of theirs", (t) => {
  const deep = Buffer.from(`{"action":"x","comment":${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}}`);
  const refused = (body: Buffer | string): string => {
    try {
      githubEvent("issues", id, Buffer.from(body));
    } catch (error) {
      if (error instanceof PayloadError) return error.message;
      throw error;
    }
    return "";
  };
  t.equal(refused(deep), "is nested deeper than 64 levels");
  t.equal(refused('{"action":"opened","action":"closed"}'), "is not valid JSON, or contains a member twice");
  t.equal(refused('{"action": secret-word}'), "is not valid JSON, or contains a member twice");
  t.equal(refused("[1]"), "is not a JSON object");
  t.equal(refused(""), "is not a JSON object");
  t.end();
});

t.test("the same members of other types never get into a Delivery that the API server would refuse", (t) => {
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(-1, 1e300, "\ud800", "x".repeat(3_000), "refs/heads/\u0000"),
  );
  const part = fc.dictionary(
    fc.constantFrom("login", "id", "type", "name", "number", "title", "user", "labels", "head", "base", "ref", "sha"),
    value,
  );
  const payload = fc.record(
    {
      ...{ action: value, ref: value, after: value, commits: value, label: part, sender: part, repository: part },
      ...{ issue: part, pull_request: part, comment: part, review: part, check_run: part, workflow_run: part },
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.constantFrom(...knownEvents), payload, (event, content) => {
      const spec = eventOf(event, content);
      if (spec !== undefined) t.same(violations(spec), []);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test("the time at which a pull request changed is kept in UTC and whole seconds", (t) => {
  const subjectOf = (more: object): object | undefined =>
    githubEvent(
      "pull_request",
      "1",
      Buffer.from(JSON.stringify({ action: "opened", pull_request: { number: 1, ...more } })),
    )?.subject;
  t.same(subjectOf({ updated_at: "2026-11-25T10:00:00.900+02:00", state: "open" }), {
    ...{ kind: "PullRequest", number: 1, updatedAt: "2026-11-25T08:00:00Z", open: true },
  });
  t.same(subjectOf({ state: "closed" }), { kind: "PullRequest", number: 1, open: false });
  for (const updated_at of ["yesterday", 7, null, "2026-11-25T10:00:00Z".padEnd(60), {}])
    t.same(subjectOf({ updated_at }), { kind: "PullRequest", number: 1 }, JSON.stringify(updated_at));
  t.end();
});
