/** Which rule decides about an event. */
import t from "tap";
import type { DeliverySpec } from "#src/api/delivery.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { githubEvent } from "#src/deliveries/github-event.js";
import { matchesAny, matchesExactly, matchesPattern } from "#src/deliveries/pattern.js";
import { judge, type Rule } from "#src/deliveries/rules.js";
import fc from "../property.js";
import { webhookExamples } from "./webhook-examples.js";

const { rules } = defaultConfiguration.github;

const pull = (more: Partial<DeliverySpec> = {}): DeliverySpec => ({
  ...{ source: "github", id: "1", event: "pull_request", action: "opened", branch: "feature/task-5-implementation" },
  subject: { kind: "PullRequest", number: 3, draft: false, author: { login: "acme-rex[bot]" } },
  labels: ["task-5"],
  ...more,
});

const nameOf = (event: DeliverySpec, of: readonly Rule[] = rules): string | undefined => judge(event, of).rule?.name;

t.test("the default rules are the flow from implementation to quality, testing and the end", (t) => {
  const cases: [Partial<DeliverySpec>, string | undefined][] = [
    [{}, "quality"],
    [{ action: "reopened" }, "quality"],
    [{ subject: { kind: "PullRequest", number: 3, draft: true } }, undefined],
    [{ action: "ready_for_review" }, "quality"],
    [{ action: "synchronize" }, "pushed"],
    [{ action: "labeled", label: "ready-for-qa" }, "testing"],
    [{ action: "labeled", label: "Ready-For-QA" }, "testing"],
    [{ action: "labeled", label: "bug" }, undefined],
    [{ action: "unlabeled", label: "ready-for-qa" }, undefined],
    [{ action: "closed" }, "closed"],
    [{ event: "pull_request_review", action: "submitted", conclusion: "changes_requested" }, "changes-requested"],
    [{ event: "pull_request_review", action: "submitted", conclusion: "approved" }, "approved"],
    [{ action: "closed", subject: { kind: "PullRequest", number: 3, merged: true } }, "merged"],
    [{ event: "check_suite", action: "completed", conclusion: "failure" }, "check-failed"],
    [{ event: "check_suite", action: "completed", conclusion: "success" }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "/orchestrator cancel\n" } }, "cancel-command"],
    [{ event: "issue_comment", action: "created", comment: { text: "> /orchestrator cancel" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "Do not /orchestrator cancel" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "\n   /orchestrator cancel" } }, "cancel-command"],
    [{ event: "issue_comment", action: "created", comment: { text: "    /orchestrator cancel" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "\n \n \t/orchestrator cancel" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "```\n/orchestrator cancel\n```" } }, undefined],
    [{ event: "issue_comment", action: "edited", comment: { text: "/orchestrator cancel" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "/orchestrator code" } }, "code-command"],
    [
      { event: "issue_comment", action: "created", comment: { text: "/Orchestrator code now\n\nplease" } },
      "code-command",
    ],
    [{ event: "issue_comment", action: "created", comment: { text: "/orchestrator coding" } }, undefined],
    [{ event: "issue_comment", action: "created", comment: { text: "/orchestrator retry" } }, "retry-command"],
    [{ event: "issue_comment", action: "created", comment: { text: "/orchestrator status" } }, "status-command"],
    [{ event: "issues", action: "labeled", label: "orchestrator" }, "issue-labeled"],
    [{ event: "issues", action: "labeled", label: "bug", labels: ["orchestrator"] }, undefined],
    [{ event: "issues", action: "closed" }, "issue-closed"],
    [{ labels: ["skip-automation"] }, "paused"],
    [{ event: "push", action: "" }, "branch-pushed"],
    [{ action: "conflict" }, "conflict"],
    [{ action: "conflict", labels: ["pause-remediation"] }, "paused"],
  ];
  for (const [more, name] of cases) t.equal(nameOf(pull(more)), name, JSON.stringify(more));
  t.end();
});

t.test("the collected payloads have these outcomes with the default rules, and no others", (t) => {
  const outcomes = new Map<string, number>();
  for (const { event, body } of webhookExamples()) {
    const spec = githubEvent(event, "1", body);
    const { rule } = spec === undefined ? {} : judge(spec, rules);
    if (rule === undefined) continue;
    const key = `${event} ${spec?.action ?? ""}: ${rule.name}, ${rule.then.action}`;
    outcomes.set(key, (outcomes.get(key) ?? 0) + 1);
  }
  t.same([...outcomes.keys()].sort(), [
    "pull_request closed: closed, cancel",
    "pull_request opened: quality, start",
    "pull_request ready_for_review: quality, start",
    "pull_request reopened: quality, start",
    "pull_request synchronize: pushed, start",
    "push : branch-pushed, findConflicts",
  ]);
  t.end();
});

t.test("the first rule that matches decides, and those before it say why they do not", (t) => {
  const then = { action: "ignore" } as const;
  const of: Rule[] = [
    { name: "issues", events: ["issues"], then },
    { name: "closed", events: ["pull_request"], actions: ["closed"], then },
    { name: "docs", events: ["pull_request"], when: { branches: ["docs/*"], labels: ["docs"] }, then },
    { name: "merged", events: ["pull_request"], when: { merged: true }, then },
    { name: "first", events: ["pull_request"], then },
    { name: "second", events: ["pull_request"], then },
  ];
  t.same(judge(pull(), of).trials, [
    { rule: "issues", matches: false, why: "it is for issues" },
    { rule: "closed", matches: false, why: "the action is opened, and not closed" },
    { rule: "docs", matches: false, why: "labels is task-5, and not docs" },
    { rule: "merged", matches: false, why: "merged is absent, and not true" },
    { rule: "first", matches: true, why: "" },
  ]);
  t.equal(judge(pull({ event: "push" }), of).rule, undefined);
  t.end();
});

t.test("each condition reads its own field", (t) => {
  const event = pull({
    ...{ event: "pull_request_review_comment", label: "bug", baseBranch: "main", conclusion: "failure" },
    sender: { login: "Ann" },
    subject: {
      kind: "PullRequest",
      number: 3,
      association: "MEMBER",
      author: { login: "Bob" },
      draft: false,
      merged: false,
    },
    comment: { text: "  please fix\n", association: "OWNER", path: "src/a.ts" },
    check: { name: "CI / unit" },
    paths: ["docs/x.md"],
  });
  const when: [NonNullable<Rule["when"]>, NonNullable<Rule["when"]>][] = [
    [{ labels: ["TASK-*"] }, { labels: ["other"] }],
    [{ label: ["bug", "x"] }, { label: ["bu"] }],
    [{ branches: ["feature/*"] }, { branches: ["Feature/*"] }],
    [{ baseBranches: ["main"] }, { baseBranches: ["ma"] }],
    [{ paths: ["docs/*"] }, { paths: ["*.md.bak"] }],
    [{ paths: ["src/*"] }, { paths: ["SRC/*"] }],
    [{ senders: ["ann"] }, { senders: ["bob"] }],
    [{ authors: ["bob"] }, { authors: ["ann"] }],
    [{ associations: ["owner"] }, { associations: ["member"] }],
    [{ conclusions: ["fail*"] }, { conclusions: ["success"] }],
    [{ checks: ["CI / *"] }, { checks: ["CI"] }],
    [{ text: ["please *"] }, { text: ["please"] }],
    [{ subject: "PullRequest" }, { subject: "Issue" }],
    [{ draft: false }, { draft: true }],
    [{ merged: false }, { merged: true }],
  ];
  const rule = (conditions: NonNullable<Rule["when"]>): Rule => ({
    ...{ name: "r", events: ["pull_request_review_comment"], when: conditions },
    then: { action: "ignore" },
  });
  for (const [yes, no] of when) {
    t.equal(nameOf(event, [rule(yes)]), "r", JSON.stringify(yes));
    t.equal(nameOf(event, [rule(no)]), undefined, JSON.stringify(no));
    t.equal(nameOf(event, [rule({ ...yes, ...{ baseBranches: ["no"] } })]), undefined, "all conditions have to hold");
  }
  t.end();
});

t.test("a pattern matches as the regular expression does in which * is .*", (t) => {
  const letters = fc.string({ unit: fc.constantFrom("a", "b", "*", "."), maxLength: 12 });
  const text = fc.string({ unit: fc.constantFrom("a", "b", "."), maxLength: 12 });
  fc.assert(
    fc.property(letters, text, (pattern, value) => {
      const source = pattern.replaceAll(".", "\\.").replaceAll(/\*+/g, ".*");
      t.equal(matchesPattern(pattern, value), new RegExp(`^${source}$`, "s").test(value), `${pattern} ${value}`);
    }),
  );
  t.ok(matchesAny(["A*"], [undefined, "abc"]));
  t.notOk(matchesExactly(["A*"], ["abc"]));
  t.end();
});

t.test("the worst pattern for the longest text is matched in few steps", (t) => {
  const pattern = `${"a*".repeat(127)}b`;
  let reads = 0;
  const text = new Proxy(Object("a".repeat(4_096)) as object, {
    get: (target, key) => {
      if (typeof key === "string" && /^\d+$/.test(key)) reads++;
      return Reflect.get(target, key) as unknown;
    },
  }) as unknown as string;
  t.notOk(matchesPattern(pattern, text));
  t.ok(reads <= 4_096 * pattern.length, `${reads} reads`);
  t.end();
});
