/** What alerts of Grafana lead to: one run for each time they fire, bounded, and none without a rule. */
import t from "tap";
import type { Delivery, DeliverySpec } from "#src/api/delivery.js";
import type { Rule } from "#src/deliveries/rules.js";
import { DeliveryScene } from "./delivery-scene.js";

const rules: Rule[] = [
  {
    name: "alert",
    events: ["alert"],
    actions: ["firing"],
    when: { labels: ["severity=critical"] },
    then: { action: "start", agent: "rex" },
  },
  { name: "resolved", events: ["alert"], actions: ["resolved"], then: { action: "cancel" } },
];

function scene(own: readonly Rule[] = rules): DeliveryScene {
  const made = new DeliveryScene();
  made.configured = { ...made.configured, github: { ...made.configured.github, namespace: "team", rules: own } };
  return made;
}

function deliver(made: DeliveryScene, id: string, more: Partial<DeliverySpec> = {}): Promise<Delivery["status"]> {
  const nothing = Object.fromEntries(
    ["sender", "subject", "branch", "baseBranch", "revision", "fork"].map((name) => [name, undefined]),
  );
  made.deliver(id, {
    ...nothing,
    ...{ source: "grafana", event: "alert", action: "firing", labels: ["severity=critical"] },
    alert: {
      name: "HighErrorRate",
      fingerprint: "c6ea",
      text: "5 % of requests fail.\n/orchestrator code",
      url: "https://g.example/1",
    },
    ...more,
  } as never);
  return made.settle(id);
}

const creations = ({ writes }: DeliveryScene): string[] => writes.filter((each) => each.startsWith("create coderuns"));

t.test("an alert starts an agent on its repository, with what it says as the task", async (t) => {
  const made = scene();
  const status = await deliver(made, "1");
  t.match(status, { phase: "Done", rule: "alert", agent: "rex", task: Number });
  t.ok((status?.task ?? 0) >= 2 ** 30 && (status?.task ?? 0) < 2 ** 31);
  const { spec } = made.runs.get(`team/${status?.run?.name ?? ""}`) ?? {};
  t.match(spec, {
    ...{ taskId: status?.task, repositoryUrl: "https://github.com/acme/shop", service: "shop", githubApp: "Acme-Rex" },
    taskDescription:
      /^# Alert: HighErrorRate\n[^]*> severity=critical\n[^]*> 5 % of requests fail\.\n> \/orchestrator code$/,
    promptModification: /^This run is about the alert HighErrorRate, which is firing\./,
  });
  t.same(made.asked, [], "GitHub knows nothing about it");
});

t.test(
  "it starts nothing more while its run is live, and one when it fires anew; its end cancels the run",
  async (t) => {
    const made = scene();
    const first = await deliver(made, "1");
    t.match(await deliver(made, "2"), { phase: "Ignored", reason: "LiveRun" });
    made.end(first?.run?.name ?? "");
    const again = await deliver(made, "3");
    t.match(again, { phase: "Done", task: first?.task });
    t.match(await deliver(made, "4", { action: "resolved" }), {
      phase: "Done",
      cancelled: [`team/${again?.run?.name ?? ""}`],
    });
    t.match(await deliver(made, "5", { alert: { name: "Other", fingerprint: "d7" } }), { phase: "Done" });
    t.equal(creations(made).length, 3);
  },
);

t.test("its runs and its events of a minute are bounded", async (t) => {
  const made = scene();
  made.configured = {
    ...made.configured,
    github: { ...made.configured.github, maxRunsPerPullRequest: 2, maxEventsPerMinute: 4 },
  };
  const reasons: (string | undefined)[] = [];
  for (let number = 0; number < 5; number++) {
    const status = await deliver(made, String(number));
    reasons.push(status?.reason);
    made.end(status?.run?.name ?? "");
    await made.clock.advance(1_000);
  }
  t.same(reasons, ["CarriedOut", "CarriedOut", "TooManyRuns", "TooManyRuns", "TooManyEvents"]);
});

t.test("nothing starts without a rule, a repository, or for a task that is not certain", async (t) => {
  t.match(await deliver(scene(new DeliveryScene().configured.github.rules), "1"), {
    reason: "NoRuleMatches",
  });
  const made = scene();
  t.match(await deliver(made, "1", { labels: ["severity=low"] }), { reason: "NoRuleMatches" });
  t.match(await deliver(made, "2", { repository: undefined } as never), { phase: "Ignored", reason: "NoRepository" });
  t.match(await deliver(made, "3", { action: "resolved" }), { phase: "Ignored", reason: "NoTask" });
  t.match(await deliver(made, "4", { labels: ["severity=critical", "task-5", "task-6"] }), { reason: "TaskUncertain" });
  t.same(creations(made), []);
});

t.test("with the label task an agent continues that task", async (t) => {
  const made = scene();
  made.run("implementation");
  const status = await deliver(made, "1", { labels: ["task-5", "severity=critical"] });
  t.match(status, { phase: "Done", task: 5, source: "implementation" });
  t.match(made.runs.get(`team/${status?.run?.name ?? ""}`)?.spec, {
    taskId: 5,
    promptModification: /The alert says:\n> 5 % of requests fail\./,
  });
});

t.test("a manager that dies at any write starts one run", async (t) => {
  for (let write = 0; write < 4; write++)
    for (const isDone of [false, true]) {
      const made = scene();
      made.dieAt(write, isDone);
      t.match(await deliver(made, "1"), { phase: "Done" }, `write ${write}`);
      t.equal(creations(made).length, 1);
    }
});
