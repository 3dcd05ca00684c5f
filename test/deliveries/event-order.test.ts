/** Events that come again, late, out of order, or about a pull request that is closed, start nothing that should not start. */
import t from "tap";
import fc from "../property.js";
import { redeliverAnnotation, type DeliverySpec } from "#src/api/delivery.js";
import { DeliveryScene, failedCheck } from "./delivery-scene.js";

const ann: Partial<DeliverySpec> = { sender: { login: "ann", id: 1, type: "User" } };
const creations = ({ writes }: DeliveryScene): string[] => writes.filter((write) => write.startsWith("create"));

function scene(): DeliveryScene {
  const made = new DeliveryScene();
  made.run("implementation");
  return made;
}

t.test("an event that comes again under another id starts nothing a second time", async (t) => {
  const subject = { kind: "PullRequest", number: 3, draft: false, updatedAt: "2026-11-25T10:00:00Z" } as const;
  const made = scene();
  made.deliver("app", { subject });
  t.match(await made.settle("app"), { phase: "Done", agent: "cleo" });
  made.deliver("repository", { subject, installation: 7 });
  t.match(await made.settle("repository"), {
    phase: "Ignored",
    reason: "Repeated",
    message: /github-app is about the same/,
  });
  made.deliver("reopened", { action: "reopened", subject: { ...subject, updatedAt: "2026-11-25T11:00:00Z" } });
  t.match(await made.settle("reopened"), { phase: "Waiting" }, "another event");
  t.equal(creations(made).length, 1);

  // two that no cache shows to each other, as after a change of leader
  const [one, other] = [scene(), scene()];
  for (const [each, id] of [
    [one, "a"],
    [other, "b"],
  ] as const) {
    each.deliver(id, { subject });
    await each.settle(id);
  }
  t.equal(one.delivery("a")?.status?.run?.name, other.delivery("b")?.status?.run?.name, "one name, which exists once");

  const failing = scene();
  failing.deliver("first", { subject });
  failing.githubStatus = 403;
  t.match(await failing.settle("first"), { phase: "Failed" });
  failing.githubStatus = 200;
  failing.deliver("second", { subject });
  t.match(await failing.settle("second"), { phase: "Done" }, "the first has failed");

  const requested = scene();
  requested.deliver("1", { subject });
  await requested.settle("1");
  requested.deliver("2", { subject });
  await requested.settle("2");
  requested.annotate("2", { [redeliverAnnotation]: "now" });
  t.not((await requested.settle("2"))?.reason, "Repeated", "a person has requested it");
});

t.test("an event that a later one has overtaken starts nothing", async (t) => {
  const at = (minute: number): NonNullable<DeliverySpec["subject"]> => ({
    ...{ kind: "PullRequest", number: 3, draft: false, updatedAt: `2026-11-25T10:0${minute}:00Z` },
  });
  const newer = "cd".repeat(20);
  const cases: [string, Partial<DeliverySpec>, Partial<DeliverySpec>, string][] = [
    [
      "opened after a push",
      { subject: at(1) },
      { action: "synchronize", revision: newer, subject: at(2) },
      "Superseded",
    ],
    [
      "opened after a push of the same second",
      { subject: at(1) },
      { action: "synchronize", subject: at(1) },
      "Superseded",
    ],
    [
      "a push after a newer one",
      { action: "synchronize", subject: at(1) },
      { action: "synchronize", revision: newer, subject: at(2) },
      "Superseded",
    ],
    [
      "a push after an older one",
      { action: "synchronize", revision: newer, subject: at(2) },
      { action: "synchronize", subject: at(1) },
      "LiveRun",
    ],
    [
      "closed after reopened",
      { action: "closed", subject: at(1) },
      { action: "reopened", subject: at(2) },
      "Superseded",
    ],
    ["opened after closed", { subject: at(1) }, { action: "closed", subject: at(2) }, "Superseded"],
    ["opened after what no rule is for", { subject: at(1) }, { action: "edited", subject: at(2) }, "CarriedOut"],
    ["opened after a label", { subject: at(1) }, { action: "labeled", label: "x", subject: at(2) }, "CarriedOut"],
    [
      "a label after a push",
      { action: "labeled", label: "ready-for-qa", subject: at(1) },
      { action: "synchronize", revision: newer, subject: at(2) },
      "Superseded",
    ],
    [
      "a label after its removal",
      { action: "labeled", label: "ready-for-qa", subject: at(1) },
      { action: "unlabeled", label: "ready-for-qa", subject: at(2) },
      "Superseded",
    ],
    [
      "a label after an older push",
      { action: "labeled", label: "ready-for-qa", subject: at(2) },
      { action: "synchronize", subject: at(1) },
      "CarriedOut",
    ],
  ];
  for (const [words, late, first, reason] of cases) {
    const made = scene();
    made.deliver("first", first);
    await made.settle("first");
    made.clock.advanceSync(1_000);
    made.deliver("late", late);
    t.equal((await made.settle("late"))?.reason, reason, words);
  }
  const without = scene();
  const { github } = without.configured;
  const rules = github.rules.filter(({ name }) => name !== "pushed");
  without.configured = { ...without.configured, github: { ...github, rules } };
  without.deliver("first", { action: "synchronize", revision: newer, subject: at(2) });
  await without.settle("first");
  without.deliver("late", { subject: at(1) });
  t.match(
    await without.settle("late"),
    { phase: "Done" },
    "without a rule for the push nothing else would start quality",
  );
});

t.test("what reacts to a pull request that is closed starts nothing", async (t) => {
  const subject = { kind: "PullRequest", number: 3, open: false } as const;
  const check = scene();
  check.github.set("/repos/acme/shop/pulls/3", {
    ...{ state: "closed", labels: [{ name: "task-5" }] },
    head: { ref: "feature/task-5-implementation", sha: failedCheck.revision, repo: { id: 1 } },
    base: { ref: "main", repo: { id: 1 } },
  });
  check.deliver("1", { ...failedCheck, labels: undefined } as never);
  t.match(await check.settle("1"), { phase: "Ignored", reason: "PullRequestClosed" });
  const reviewed = scene();
  const comment = { text: "No.", url: "https://github.com/acme/shop/pull/3#r1" };
  reviewed.deliver("1", {
    event: "pull_request_review",
    action: "submitted",
    conclusion: "changes_requested",
    ...ann,
    subject,
    comment,
  });
  t.match(await reviewed.settle("1"), { phase: "Ignored", reason: "PullRequestClosed" });
  t.same([...creations(check), ...creations(reviewed)], []);
});

t.test("runs that wait count for the limit of a pull request", async (t) => {
  const made = scene();
  made.configured = { ...made.configured, github: { ...made.configured.github, maxRunsPerPullRequest: 2 } };
  made.run("live", {}, { phase: "Running" });
  const outcomes: (string | undefined)[] = [];
  for (const id of ["1", "2", "3"]) {
    made.deliver(id, { ...failedCheck, revision: id.repeat(40) });
    outcomes.push((await made.settle(id))?.reason);
  }
  t.same(outcomes, ["LiveRun", "LiveRun", "TooManyRuns"]);
});

t.test("an App that was renamed is still the agent's", async (t) => {
  const made = scene();
  made.github.set(`/users/${encodeURIComponent("acme-builder[bot]")}`, { id: 9001 });
  made.github.set("/apps/acme-builder", { id: 101 });
  made.deliver("1", { sender: { login: "acme-builder[bot]", id: 9001, type: "Bot" } });
  t.match(await made.settle("1"), { phase: "Done", agent: "cleo" });
});

t.test(
  "what waits for a live run starts nothing once the pull request is closed, unless it is opened again",
  async (t) => {
    const at = (minute: number): Partial<DeliverySpec> => ({
      subject: { kind: "PullRequest", number: 3, draft: false, updatedAt: `2026-11-25T10:0${minute}:00Z` },
    });
    const review = { event: "pull_request_review", action: "submitted", conclusion: "changes_requested", ...ann };
    const command = { event: "issue_comment", action: "created", ...ann, comment: { text: "/orchestrator code" } };
    for (const event of [{ action: "synchronize" }, { ...review, comment: { text: "No." } }, command]) {
      const made = scene();
      for (const agent of ["Acme-Rex", "Acme-Cleo"])
        made.run(agent, { githubApp: agent }, { phase: "Running", stage: "x" });
      made.deliver("waits", { ...event, ...at(1) });
      t.match(await made.settle("waits"), { phase: "Waiting" });
      made.deliver("closed", { action: "closed", ...at(2) });
      await made.settle("closed");
      for (const agent of ["Acme-Rex", "Acme-Cleo"]) made.end(agent, "Cancelled");
      t.match(await made.settle("waits"), { phase: "Ignored", reason: "Superseded", message: /github-closed/ });
      t.same(creations(made), []);
    }
    const again = scene();
    again.deliver("closed", { action: "closed", ...at(2) });
    again.deliver("reopened", { action: "reopened", ...at(3) });
    again.deliver("review", { ...review, comment: { text: "No." }, ...at(1) });
    t.match(await again.settle("review"), { phase: "Done" }, "it is open, and the review still holds");
  },
);

/** What happens to a pull request in this order, one minute after the other; the runs that each event starts. */
const history = [
  { action: "opened", commit: 1 },
  { action: "synchronize", commit: 2 },
  { action: "labeled", commit: 2, label: "ready-for-qa" },
  { action: "synchronize", commit: 3 },
  { action: "labeled", commit: 3, label: "ready-for-qa" },
  { action: "closed", commit: 3 },
] as const;

t.test(
  "in whatever order events come, and however often, they start each run once and end in the same state",
  async () => {
    const numRuns = process.env.TEST_FULL === "1" ? 1_000 : 30;
    // each event comes once at least, by either of two webhooks or both
    const arrivals = fc
      .tuple(fc.integer({ min: 1, max: history.length }), fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
      .chain(([length, doubled]) => {
        const all = history
          .slice(0, length)
          .flatMap((_, index) => (doubled[index] === true ? [index, index] : [index]));
        return fc.tuple(
          fc.constant(length),
          fc.shuffledSubarray(
            all.map((index, place) => ({ index, place })),
            { minLength: all.length, maxLength: all.length },
          ),
        );
      });
    await fc.assert(
      fc.asyncProperty(arrivals, fc.boolean(), async ([length, order], endsAtOnce) => {
        const made = scene();
        made.configured = { ...made.configured, github: { ...made.configured.github, maxRunsPerPullRequest: 100 } };
        const ids: string[] = [];
        for (const { index, place } of order) {
          const { commit, ...event } = history[index] ?? history[0];
          const id = `${index}-${place}`;
          ids.push(id);
          made.clock.advanceSync(61_000);
          made.deliver(id, {
            ...{ ...event, ...ann, revision: String(commit).repeat(40) },
            subject: { kind: "PullRequest", number: 3, draft: false, updatedAt: `2026-11-25T10:0${index}:00Z` },
          });
          await made.settle(id);
          // cancelled runs end, and so do others, at once or in the end alone
          for (const { metadata, spec, status } of [...made.runs.values()])
            if (status?.phase !== "Succeeded" && (spec.cancel === true || endsAtOnce))
              made.end(metadata.name, spec.cancel === true ? "Cancelled" : "Succeeded");
        }
        for (const id of ids.flatMap(() => ids)) await made.settle(id);
        const started = ids.flatMap((id) => made.delivery(id)?.status?.run?.name ?? []);
        const about = JSON.stringify({ length, order, started, writes: made.writes });
        const created = creations(made);
        if (new Set(created).size !== created.length) throw new Error(`a run is created twice: ${about}`);
        const perEvent = new Map<number, number>();
        for (const id of ids)
          if (made.delivery(id)?.status?.phase === "Done" && made.delivery(id)?.status?.run !== undefined)
            perEvent.set(Number(id[0]), (perEvent.get(Number(id[0])) ?? 0) + 1);
        if ([...perEvent.values()].some((count) => count > 1)) throw new Error(`an event starts two runs: ${about}`);
        const live = [...made.runs.values()].filter(
          ({ metadata, spec, status }) =>
            metadata.name !== "implementation" &&
            spec.cancel !== true &&
            !["Succeeded", "Cancelled"].includes(status?.phase ?? ""),
        );
        const isClosed = length === history.length;
        if (isClosed && live.length > 0) throw new Error(`a run of a closed pull request is live: ${about}`);
        const newest = history
          .slice(0, length)
          .findLast(({ action }) => action === "opened" || action === "synchronize");
        const index = newest === undefined ? -1 : history.indexOf(newest);
        const outcome = ids
          .map((id) => made.delivery(id)?.status)
          .find((status, n) => ids[n]?.startsWith(`${index}-`) && status?.run !== undefined);
        if (!isClosed && outcome === undefined) throw new Error(`the newest commit has no run: ${about}`);
      }),
      { numRuns },
    );
  },
);
