/** The output of agents: of one attempt, or followed through the attempts of a run. */
import t from "tap";
import { agentOutput, type LogOptions } from "#src/operations/logs.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { eventually } from "../eventually.js";
import { ApiServer } from "./api-server.js";

/** What has come so far, with the attempts in brackets. */
class Reader {
  text = "";
  readonly done: Promise<void>;

  constructor(client: HttpClient, server: ApiServer, options: LogOptions, signal = new AbortController().signal) {
    this.done = (async () => {
      const decoder = new TextDecoder();
      for await (const { attempt, bytes } of agentOutput(client, server.found, options, signal)) {
        this.text += `[${attempt}]`;
        for await (const chunk of bytes) this.text += decoder.decode(chunk);
      }
    })();
  }

  has(text: string): Promise<true> {
    return eventually(`the output is ${text}`, () => (this.text === text ? true : undefined));
  }
}

t.test("without follow, the output is that of the latest or the requested attempt", async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 2 });
  const client = await server.client(t);
  server.putPod(2, "running");
  server.putPod(1, "terminated");
  server.write(1, "first\n");
  server.write(2, "second\n");
  for (const [options, text] of [
    [{}, "[2]second\n"],
    [{ attempt: 1, tail: 5, timestamps: true }, "[1]first\n"],
  ] as const) {
    const reader = new Reader(client, server, options);
    await reader.done;
    t.equal(reader.text, text);
  }
  t.match(server.asked.at(-2), /log\?container=claude-agent&tailLines=5&timestamps=true$/);
});

t.test(
  "followed, it begins with the latest attempt and goes on through the next ones to the end of the run",
  async (t) => {
    const server = new ApiServer({ phase: "Running", attempts: 2 });
    const client = await server.client(t);
    server.putPod(1, "terminated");
    server.write(1, "old\n");
    server.putPod(2, "waiting");
    const reader = new Reader(client, server, { follow: true });
    await eventually("it waits for the container", () => (server.watching >= 2 ? true : undefined));
    server.write(2, "a\n");
    server.putPod(2, "running");
    await reader.has("[2]a\n");
    server.write(2, "b\n");
    await reader.has("[2]a\nb\n");
    server.setStatus({ phase: "Pending", attempts: 2 });
    server.putPod(2, "terminated");
    await eventually("it waits for the next attempt", () => (server.watching >= 2 ? true : undefined));
    server.write(3, "c\n");
    server.putPod(3, "terminated");
    await reader.has("[2]a\nb\n[3]c\n");
    server.setStatus({ phase: "Succeeded", attempts: 3 });
    await reader.done;
    t.equal(reader.text, "[2]a\nb\n[3]c\n");
    await eventually("no watch is left", () => (server.watching === 0 ? true : undefined));
  },
);

t.test("what delivers the agent's work comes after it, and what failed before it in its place", async (t) => {
  const server = new ApiServer({ phase: "Failed", attempts: 2 });
  const client = await server.client(t);
  const status = (name: string, state: object): object => ({ name, state });
  const [done, failed] = [{ terminated: { exitCode: 0 } }, { terminated: { exitCode: 13 } }];
  const set = (attempt: number, statuses: object): void => {
    server.putPod(attempt, "terminated");
    const pod = server.pods.find(({ metadata }) => metadata.name === `pod-${attempt}`);
    Object.assign(pod?.status ?? {}, statuses);
  };
  set(1, {
    initContainerStatuses: [status("gateway", failed), status("prepare-workspace", failed)],
    containerStatuses: [status("claude-agent", { waiting: {} }), status("deliver", { waiting: {} })],
  });
  set(2, {
    initContainerStatuses: [status("prepare-workspace", done)],
    containerStatuses: [status("claude-agent", done), status("deliver", done)],
  });
  server.output.set("pod-1/prepare-workspace", "cannot be cloned\n");
  server.write(2, "worked\n");
  server.output.set("pod-2/deliver", "pushed\n");
  for (const [options, text] of [
    [{ attempt: 1 }, "[1]cannot be cloned\n"],
    [{ attempt: 2 }, "[2]worked\npushed\n"],
  ] as const) {
    const reader = new Reader(client, server, options);
    await reader.done;
    t.equal(reader.text, text);
  }
});

t.test("where nothing can come the error says why", async (t) => {
  const cases: readonly (readonly [ConstructorParameters<typeof ApiServer>[0], LogOptions, RegExp])[] = [
    [{ phase: "Pending", message: "Waits for a slot." }, {}, /has no attempt yet: Waits for a slot\.$/],
    [
      { phase: "Failed", attempts: 1, message: "Exit code 3." },
      {},
      /the pods of .* are gone.* ended as Failed: Exit code 3\.$/,
    ],
    [{ phase: "Failed", attempts: 1, message: "Exit code 3." }, { follow: true }, /are gone/],
    [{ phase: "Running", attempts: 1 }, { attempt: 4 }, /has had 1 attempts so far, no attempt 4$/],
    [{ phase: "Running", attempts: 1, message: "Pulls." }, {}, /the agent of .* has not started yet: Pulls\.$/],
  ];
  for (const [status, options, message] of cases) {
    const server = new ApiServer(status);
    const client = await server.client(t);
    await t.rejects(new Reader(client, server, options).done, { name: "OperationError", message });
  }
  const deleted = new ApiServer({ phase: "Running", attempts: 1 });
  const { found } = deleted;
  deleted.deleteRun();
  const all = agentOutput(await deleted.client(t), found, { follow: true }, new AbortController().signal);
  await t.rejects(all.next(), { name: "OperationError", message: /is deleted, and its pods are gone/ });
});

t.test("a signal ends it in the middle of the output", async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 1 });
  server.putPod(1, "running");
  server.write(1, "a\n");
  const stop = new AbortController();
  const reader = new Reader(await server.client(t), server, { follow: true }, stop.signal);
  await reader.has("[1]a\n");
  stop.abort(new Error("enough"));
  await t.rejects(reader.done, { message: "enough" });
});
