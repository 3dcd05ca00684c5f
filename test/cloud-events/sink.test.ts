/** One sink: order, retries and bounds. */
import t, { type Test } from "tap";
import { cloudEvent, type CloudEvent } from "#src/cloud-events/cloud-event.js";
import type { Outcome } from "#src/cloud-events/post.js";
import { Sink } from "#src/cloud-events/sink.js";
import { TaskRuns } from "#src/api/taskrun.js";
import { FakeClock, settle as turns } from "#src/runtime/testing/clock.js";
import { recordingLogger, type Line } from "../operator/running.js";

function event(run: string, attempts: number): CloudEvent {
  const metadata = { namespace: "team", name: run, uid: run, resourceVersion: "1" };
  const status = { phase: "Running", attempts } as const;
  const made = cloudEvent(TaskRuns, { apiVersion: "v1", kind: "TaskRun", metadata, spec: {}, status });
  if (made === undefined) throw new Error("no event");
  return made;
}

/** A sink that runs until the test ends; `answer` decides on each delivery. */
class Scene {
  readonly clock = new FakeClock();
  readonly sent: string[] = [];
  readonly counts = { delivered: 0, failed: 0, dropped: 0 };
  readonly lines: Line[] = [];
  answer: (id: string) => Outcome | Promise<Outcome> = () => ({ kind: "accepted" });
  readonly sink = new Sink({
    ...{ name: "audit", clock: this.clock, random: () => 0, logger: recordingLogger(this.lines) },
    send: async ({ id }) => {
      this.sent.push(id);
      return this.answer(id);
    },
    observer: {
      delivered: () => this.counts.delivered++,
      failed: () => this.counts.failed++,
      dropped: () => this.counts.dropped++,
    },
  });

  start(t: Test): void {
    const stop = new AbortController();
    const running = this.sink.run(stop.signal);
    t.teardown(async () => {
      stop.abort();
      await running;
    });
  }
}

const failed: Outcome = { kind: "failed", why: "the sink answered 500" };

t.test("the events of a run arrive in their order, each once", async (t) => {
  const scene = new Scene();
  for (const attempts of [1, 2, 3]) scene.sink.add("a", event("a", attempts));
  scene.sink.add("b", event("b", 1));
  scene.start(t);
  await turns();
  t.same(
    scene.sent.filter((id) => id.startsWith("a")),
    ["a-1-running", "a-2-running", "a-3-running"],
  );
  t.same(scene.counts, { delivered: 4, failed: 0, dropped: 0 });
  t.equal(scene.sink.waiting, 0);
});

t.test(
  "an event that fails is tried again with back-off, before later ones of its run and not before others",
  async (t) => {
    const scene = new Scene();
    let failures = 2;
    scene.answer = (id) => (id.startsWith("a") && failures-- > 0 ? failed : { kind: "accepted" });
    scene.start(t);
    for (const [run, attempts] of [
      ["a", 1],
      ["a", 2],
      ["b", 1],
    ] as const)
      scene.sink.add(run, event(run, attempts));
    await turns();
    t.same(scene.sent, ["a-1-running", "b-1-running"]);
    await scene.clock.advance(999);
    t.equal(scene.sent.length, 2, "not before the delay is over");
    await scene.clock.advance(1);
    await turns();
    await scene.clock.advance(2_000);
    await turns();
    t.same(scene.sent, ["a-1-running", "b-1-running", "a-1-running", "a-1-running", "a-2-running"]);
    t.same(scene.counts, { delivered: 3, failed: 2, dropped: 0 });
  },
);

t.test("a sink that asks for time gets it, within bounds", async (t) => {
  const scene = new Scene();
  scene.answer = () => ({ ...failed, retryAfter: 86_400_000 });
  scene.start(t);
  scene.sink.add("a", event("a", 1));
  await turns();
  await scene.clock.advance(299_999);
  t.equal(scene.sent.length, 1);
  await scene.clock.advance(1);
  await turns();
  t.equal(scene.sent.length, 2);
});

t.test("an event is given up after 20 tries, and the next one follows", async (t) => {
  const scene = new Scene();
  scene.answer = (id) => (id === "a-1-running" ? failed : { kind: "accepted" });
  scene.start(t);
  scene.sink.add("a", event("a", 1));
  scene.sink.add("a", event("a", 2));
  for (let turn = 0; turn < 25; turn++) {
    await turns();
    await scene.clock.advance(300_000);
  }
  await turns();
  t.equal(scene.sent.filter((id) => id === "a-1-running").length, 20);
  t.equal(scene.sent.at(-1), "a-2-running");
  t.same(scene.counts, { delivered: 1, failed: 20, dropped: 1 });
  const messages = scene.lines.map(({ message }) => message);
  t.same(messages, [
    "CloudEvents cannot be delivered; retrying",
    "a CloudEvent is dropped",
    "CloudEvents are delivered again",
  ]);
});

t.test("a sink that refuses an event for good is not tried again", async (t) => {
  const scene = new Scene();
  scene.answer = () => ({ kind: "refused", why: "the sink answered 410" });
  scene.start(t);
  scene.sink.add("a", event("a", 1));
  await turns();
  await scene.clock.advance(3_600_000);
  t.equal(scene.sent.length, 1);
  t.same(scene.counts, { delivered: 0, failed: 0, dropped: 1 });
});

t.test("beyond 1,000 waiting events the oldest that is not being sent is dropped", async (t) => {
  const scene = new Scene();
  const answers: ((outcome: Outcome) => void)[] = [];
  scene.answer = () => new Promise((resolve) => answers.push(resolve));
  scene.start(t);
  for (let index = 0; index < 4; index++) scene.sink.add(`s${index}`, event(`s${index}`, 1));
  await turns();
  t.equal(answers.length, 4, "four at a time");
  for (let index = 0; index < 1_000; index++) scene.sink.add(`r${index}`, event(`r${index}`, 1));
  t.equal(scene.sink.waiting, 1_000);
  t.equal(scene.counts.dropped, 4);
  scene.answer = () => ({ kind: "accepted" });
  for (const resolve of answers) resolve({ kind: "accepted" });
  for (let turn = 0; turn < 300 && scene.sink.waiting > 0; turn++) await turns();
  t.equal(scene.counts.delivered, 1_000);
  t.same(
    ["s0", "s3", "r0", "r3", "r4", "r999"].filter((run) => !scene.sent.includes(`${run}-1-running`)),
    ["r0", "r3"],
  );
});

t.test("a stop ends it at once", async (t) => {
  const scene = new Scene();
  scene.answer = () => new Promise((resolve) => stop.signal.addEventListener("abort", () => resolve(failed)));
  const stop = new AbortController();
  const running = scene.sink.run(stop.signal);
  scene.sink.add("a", event("a", 1));
  await turns();
  stop.abort();
  await running;
  t.equal(scene.clock.pending, 0);
});
