/** The outcome of an attempt, from its Job and pods: cases that a node can produce, but tests on a node rarely do. */
import t from "tap";
import { endOf, hasAgentEnded, type AttemptEnd } from "#src/runs/outcome.js";
import type { Job, Pod, Stored } from "#src/runtime/client/objects.js";

const agentContainer = "claude-agent";
const attempt = { number: 2, agentContainer };

type Status = NonNullable<Pod["status"]>;
type ContainerStatus = NonNullable<Status["containerStatuses"]>[number];

function job(condition: "Complete" | "Failed" | undefined, reason = "BackoffLimitExceeded", message = ""): Stored<Job> {
  return {
    metadata: { name: "job", namespace: "orchestrator", uid: "job", resourceVersion: "1" },
    ...(condition !== undefined && {
      status: { conditions: [{ type: condition, status: "True", reason, message }] },
    }),
  };
}

interface Words {
  readonly reason?: string;
  readonly message?: string;
}

function container(name: string, exitCode: number, more: Words = {}): ContainerStatus {
  const state = { terminated: { exitCode, ...more } };
  return { name, image: "", imageID: "", ready: false, restartCount: 0, state };
}

let pods = 0;
function pod(status: Status, owner = "job"): Stored<Pod> {
  pods += 1;
  const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name: "job", uid: owner, controller: true }];
  return {
    metadata: {
      name: `pod-${pods}`,
      uid: `pod-${pods}`,
      resourceVersion: "1",
      creationTimestamp: new Date(1_700_000_000_000 + pods * 1000).toISOString(),
      ownerReferences,
    },
    status,
  };
}

const agentPod = (exitCode: number, more: { readonly reason?: string; readonly message?: string } = {}): Stored<Pod> =>
  pod({
    phase: exitCode === 0 ? "Succeeded" : "Failed",
    containerStatuses: [container(agentContainer, exitCode, more)],
  });

function end(finished: Stored<Job>, ...own: readonly Stored<Pod>[]): AttemptEnd {
  const found = endOf(finished, own, attempt);
  if (found === undefined) throw new Error("it has not ended");
  return found;
}

t.test("a disruption that ends the attempt counts as one, with any exit code of the agent", (t) => {
  const message = "Pod orchestrator/job-x has condition DisruptionTarget matching FailJob rule at index 0";
  const disrupted = (words?: string): Stored<Pod> =>
    pod({
      phase: "Failed",
      containerStatuses: [container(agentContainer, 143)],
      conditions: [{ type: "DisruptionTarget", status: "True", ...(words !== undefined && { message: words }) }],
    });
  const words = "Eviction API: evicting.";
  t.match(end(job("Failed", "PodFailurePolicy", message), agentPod(1), disrupted(words)), {
    reason: "Disrupted",
    message: /^Attempt 2 failed: Kubernetes ended its pod: Eviction API: evicting\. /,
  });
  t.match(end(job("Failed", "PodFailurePolicy", message), disrupted()), {
    reason: "Disrupted",
    message: /^Attempt 2 failed: Kubernetes ended its pod\. /,
  });
  t.match(end(job("Failed", "PodFailurePolicy", message)), { reason: "Disrupted" }, "the pod is gone already");
  const byCode = "Container claude-agent for pod a/b failed with exit code 11 matching FailJob rule at index 1";
  t.match(end(job("Failed", "PodFailurePolicy", byCode), disrupted(words)), { reason: "AgentFailed" });
  t.end();
});

t.test("a Job that has not finished has no end", (t) => {
  t.equal(endOf(job(undefined), [agentPod(1)], attempt), undefined);
  t.end();
});

t.test("of several pods of one Job, the newest one whose agent ended counts", (t) => {
  const [first, second] = [
    agentPod(1, { message: '{"summary":"first"}' }),
    agentPod(0, { message: '{"summary":"second"}' }),
  ];
  for (const order of [
    [first, second],
    [second, first],
  ])
    t.match(end(job("Complete"), ...order), { outcome: "Succeeded", exitCode: 0, result: { summary: "second" } });
  // the newest pod never started its agent
  const evicted = pod({ phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." });
  t.match(end(job("Failed"), agentPod(3), evicted), { outcome: "Failed", exitCode: 3, reason: "AgentFailed" });
  t.end();
});

t.test("a side-car that was killed neither prepared the workspace nor ended the agent", (t) => {
  const ofSidecar = (spec: Status): Stored<Pod> => {
    const made = pod({ ...spec, initContainerStatuses: [container("gateway", 137)] });
    const initContainers = [{ name: "gateway", restartPolicy: "Always" }];
    return { ...made, spec: { initContainers, containers: [] } };
  };
  const evicted = ofSidecar({ phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." });
  t.match(end(job("Failed"), evicted), { reason: "Evicted", message: /The node was low on resource/ });
  t.equal(hasAgentEnded(job(undefined), [ofSidecar({ phase: "Running" })], agentContainer), false);
  t.end();
});

t.test("pods of other Jobs do not count", (t) => {
  const other = pod({ phase: "Failed", containerStatuses: [container(agentContainer, 7)] }, "another");
  const found = end(job("Failed"), other);
  t.equal(found.exitCode, undefined);
  t.equal(hasAgentEnded(job("Failed"), [other], agentContainer), false);
  t.end();
});

t.test("a failed init container is named, and the attempt has no exit code of the agent", (t) => {
  const failed = pod({
    phase: "Failed",
    initContainerStatuses: [container("gateway", 0), container("docker", 137), container("prepare-workspace", 4)],
    containerStatuses: [
      { name: agentContainer, image: "", imageID: "", ready: false, restartCount: 0, state: { waiting: {} } },
    ],
  });
  const found = end(job("Failed"), failed);
  t.match(found, {
    outcome: "Failed",
    reason: "WorkspaceNotPrepared",
    message: /container prepare-workspace exited with code 4\./,
  });
  t.equal(found.exitCode, undefined);
  t.equal(hasAgentEnded(job("Failed"), [failed], agentContainer), true, "nothing more is to be learned of it");
  t.end();
});

t.test("of a start script in phases, the container that failed says why, and results of all count", (t) => {
  const said = (summary: string): Words => ({ message: JSON.stringify({ summary }) });
  const unprepared = pod({
    phase: "Failed",
    initContainerStatuses: [container("prepare-workspace", 11, said("no token"))],
  });
  t.match(end(job("Failed"), unprepared), {
    ...{ reason: "WorkspaceNotPrepared", exitCode: 11, result: { summary: "no token" } },
    message: /container prepare-workspace exited with code 11\. Container prepare-workspace reports: no token\. See/,
  });
  const url = "https://github.com/a/b/pull/1";
  const agent = container(agentContainer, 0, { message: '{"summary":"Added it.","sessionId":"s1"}' });
  const phases = (deliver: Words & { readonly exitCode: number }): Stored<Pod> =>
    pod({ phase: "Running", containerStatuses: [agent, container("deliver", deliver.exitCode, deliver)] });
  const delivered = phases({ exitCode: 0, message: JSON.stringify({ summary: "", pullRequestUrl: url }) });
  t.match(end(job("Complete"), delivered), {
    ...{ outcome: "Succeeded", exitCode: 0, message: "Attempt 2 succeeded: Added it." },
    result: { summary: "Added it.", sessionId: "s1", pullRequestUrl: url },
  });
  t.match(end(job("Failed"), phases({ exitCode: 22, ...said("it has keys in it") })), {
    ...{ outcome: "Failed", reason: "DeliveryFailed", exitCode: 22 },
    result: { summary: "it has keys in it", sessionId: "s1" },
    message:
      /was not delivered: container deliver exited with code 22\. Container deliver reports: it has keys in it\. See/,
  });
  const failed = pod({ phase: "Failed", containerStatuses: [container(agentContainer, 17), container("deliver", 0)] });
  t.match(end(job("Failed"), failed), { reason: "AgentFailed", exitCode: 17 });
  t.end();
});

t.test("an image without the start script's shell is named before the agent, and ends the retries", (t) => {
  const words = { reason: "StartError", message: 'exec: "/bin/bash": stat /bin/bash: no such file or directory' };
  const found = end(
    job("Failed"),
    pod({ phase: "Failed", initContainerStatuses: [container("prepare-workspace", 128, words)] }),
  );
  t.match(found, {
    reason: "CommandNotFound",
    message: /container prepare-workspace could not be started: exec: .*correct the image/,
  });
  t.same(found.result, {});
  t.end();
});

t.test("an attempt is not known before its delivery is", (t) => {
  const waiting = { name: "deliver", image: "", imageID: "", ready: true, restartCount: 0, state: { running: {} } };
  const delivering = (exitCode: number): Stored<Pod> =>
    pod({ phase: "Running", containerStatuses: [container(agentContainer, exitCode), waiting] });
  t.equal(hasAgentEnded(job("Complete"), [delivering(0)], agentContainer), false);
  t.equal(hasAgentEnded(job("Failed"), [delivering(1)], agentContainer), true, "nothing is delivered");
  t.end();
});

t.test("the reason is the one that a user can act on", (t) => {
  const cases: readonly (readonly [Stored<Job>, Stored<Pod> | undefined, string, RegExp])[] = [
    [job("Failed", "DeadlineExceeded"), agentPod(137), "DeadlineExceeded", /it exceeded activeDeadlineSeconds/],
    [job("Failed"), agentPod(137, { reason: "OOMKilled" }), "OOMKilled", /raise spec\.resources\.limits\.memory/],
    [job("Failed"), agentPod(5), "AgentFailed", /the agent exited with code 5\./],
    [
      job("Failed"),
      pod({ phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." }),
      "Evicted",
      /^Attempt 2 failed: The node was low on resource: memory\. See/,
    ],
    [job("Failed"), pod({ phase: "Failed", reason: "NodeLost" }), "NodeLost", /its pod failed \(NodeLost\)/],
    [job("Failed", "Odd", "no pods."), undefined, "Odd", /^Attempt 2 failed: no pods\. See/],
    [job("Failed", "Odd"), undefined, "Odd", /^Attempt 2 failed: its Job failed\. See/],
  ];
  for (const [finished, one, reason, message] of cases)
    t.match(end(finished, ...(one === undefined ? [] : [one])), { outcome: "Failed", reason, message }, reason);
  t.end();
});

t.test("a pod that was evicted for what it stored says so, although its agent exited with 137", (t) => {
  const evicted = (message: string): Stored<Pod> =>
    pod({
      phase: "Failed",
      reason: "Evicted",
      message,
      containerStatuses: [container(agentContainer, 137, { reason: "Error" })],
    });
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'Usage of EmptyDir volume "tmp" exceeds the limit "10Gi". ',
      /"10Gi"; raise agent\.scratch in the configuration\. See/,
    ],
    [
      "Pod ephemeral local storage usage exceeds the total limit of containers 20Gi. ",
      /containers 20Gi; raise spec\.resources\.limits\.ephemeral-storage, or containerLimits/,
    ],
    [
      'Container claude-agent exceeded its local ephemeral storage limit "1Gi". ',
      /limit "1Gi"; raise spec\.resources\.limits\.ephemeral-storage/,
    ],
  ];
  for (const [message, remedy] of cases) {
    const found = end(job("Failed"), evicted(message));
    t.match(found, { outcome: "Failed", reason: "StorageLimitExceeded", exitCode: 137 }, message);
    t.match(found.message, /^Attempt 2 failed: its pod was evicted: /);
    t.match(found.message, remedy);
  }
  t.equal(end(job("Failed", "DeadlineExceeded"), evicted(cases[0]?.[0] ?? "")).reason, "DeadlineExceeded");
  t.end();
});

t.test("an agent that Kubernetes ended with its pod has not failed", (t) => {
  const ended = (reason: string, exitCode: number, message?: string): AttemptEnd =>
    end(
      job("Failed"),
      pod({
        ...{ phase: "Failed", reason, ...(message !== undefined && { message }) },
        containerStatuses: [container(agentContainer, exitCode)],
      }),
    );
  t.match(ended("Evicted", 137, "The node was low on resource: memory. "), {
    ...{ reason: "Evicted", exitCode: 137 },
    message: /^Attempt 2 failed: The node was low on resource: memory\. See/,
  });
  t.match(ended("NodeShutdown", 143), { reason: "NodeShutdown", message: /its pod failed \(NodeShutdown\)/ });
  t.equal(ended("Evicted", 1).reason, "AgentFailed", "it had failed before");
  t.equal(ended("PodOSNotSupported", 137).reason, "AgentFailed");
  t.end();
});

t.test("a program that exits with 0 after its last request was refused has not succeeded", (t) => {
  const reported = (report: object): AttemptEnd => {
    const message = JSON.stringify({ version: 1, byModel: [], ...report });
    return end(
      job("Complete"),
      pod({
        phase: "Succeeded",
        containerStatuses: [container(agentContainer, 0, { message: '{"summary":"half done","sessionId":"s1"}' })],
        initContainerStatuses: [container("gateway", 0, { message })],
      }),
    );
  };
  const ends = {
    budgetExceeded: "9 of 9 tokens are used",
    keyRefused: { upstream: "anthropic", status: 401 },
    limited: { upstream: "anthropic", status: 429, until: "2033-01-01T00:00:00Z" },
    unavailable: { upstream: "anthropic", status: 503 },
  };
  for (const [lastRefused, reason] of [
    ["budget", "BudgetExceeded"],
    ["key", "KeyRefused"],
    ["limits", "ProviderLimited"],
  ] as const) {
    const found = reported({ ...ends, lastRefused });
    t.match(found, { outcome: "Failed", reason, exitCode: 0, result: { sessionId: "s1" } });
    t.match(found.message, /exited with code 0 after its last request was refused: .* The agent reports: half done\./);
    t.match(reported({ lastRefused }), { outcome: "Succeeded" }, "nothing says why");
  }
  t.match(reported(ends), { outcome: "Succeeded", reason: "Completed" }, "it was served afterwards");
  t.match(reported({ ...ends, lastRefused: "other" }), { outcome: "Succeeded" });
  t.end();
});

t.test("what models refused is the reason of an agent that failed, the one that needs most first", (t) => {
  const reported = (report: object): AttemptEnd => {
    const message = JSON.stringify({ version: 1, byModel: [], ...report });
    return end(
      job("Failed"),
      pod({
        phase: "Failed",
        containerStatuses: [container(agentContainer, 1)],
        initContainerStatuses: [container("gateway", 0, { message })],
      }),
    );
  };
  const unavailable = { upstream: "openai", status: 503 };
  t.match(reported({ unavailable }), {
    reason: "ProviderUnavailable",
    message: /openai answered with an error of its own \(status 503\)/,
  });
  t.match(reported({ unavailable: { upstream: "openai" } }), { message: /provider openai could not be reached\. See/ });
  t.equal(reported({ unavailable: "openai" }).reason, "AgentFailed");
  const limited = { upstream: "openai", status: 429 };
  t.equal(reported({ unavailable, limited }).reason, "ProviderLimited");
  t.equal(reported({ unavailable, limited, budgetExceeded: "spent" }).reason, "BudgetExceeded");
  t.end();
});

t.test("a failure quotes the agent's summary and the command for its logs", (t) => {
  t.equal(
    end(job("Failed"), agentPod(1, { message: '{"summary":"The tests fail"}' })).message,
    "Attempt 2 failed: the agent exited with code 1. The agent reports: The tests fail. See `kubectl logs -n orchestrator job/job --all-containers`.",
  );
  t.end();
});

t.test("a success quotes the agent's summary, or says only that it succeeded", (t) => {
  t.equal(end(job("Complete"), agentPod(0)).message, "Attempt 2 succeeded.");
  t.equal(
    end(job("Complete"), agentPod(0, { message: '{"summary":"All tests pass."}' })).message,
    "Attempt 2 succeeded: All tests pass.",
  );
  t.end();
});

t.test("the end is the time that the Job records, and none where it records none", (t) => {
  const at = "2024-07-02T10:00:00Z";
  const timed = (status: NonNullable<Job["status"]>): AttemptEnd => end({ ...job("Failed"), status }, agentPod(1));
  const failed = { type: "Failed", status: "True" as const, reason: "BackoffLimitExceeded", message: "" };
  t.equal(timed({ conditions: [{ ...failed, lastTransitionTime: at }] }).at, at);
  t.equal(timed({ completionTime: at, conditions: [failed] }).at, at);
  t.notOk("at" in timed({ conditions: [failed] }));
  t.end();
});

t.test("a command that the image lacks is named, and is not taken for the agent's report", (t) => {
  const message = 'exec: "claude": executable file not found in $PATH: unknown';
  const found = end(job("Failed"), agentPod(128, { reason: "StartError", message }));
  t.match(found, { outcome: "Failed", reason: "CommandNotFound", exitCode: 128, result: {} });
  t.match(
    found.message,
    `Attempt 2 failed: the agent's container could not be started: ${message}; correct agent.command`,
  );
  const other = end(job("Failed"), agentPod(128, { reason: "StartError", message: "context deadline exceeded" }));
  t.equal(other.reason, "AgentFailed", "what may pass is retried");
  t.end();
});
