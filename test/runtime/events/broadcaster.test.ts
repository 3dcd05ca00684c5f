/** Events in the background: in order for one object, concurrently for many, and bounded. */
import { Registry } from "prom-client";
import t from "tap";
import type { Client } from "#src/runtime/client/client.js";
import { apiError } from "#src/runtime/client/errors.js";
import { formatMicroTime } from "#src/runtime/clock.js";
import type { EventsEvent } from "#src/runtime/client/objects.js";
import { EventBroadcaster } from "#src/runtime/events/broadcaster.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

/** An API server that takes each Event only when the test says so. */
class SlowServer {
  readonly written: string[] = [];
  readonly #waiting: (() => void)[] = [];
  isOpen = false;
  /** Forgets all Events, as the server does after an hour. */
  hasExpired = false;

  readonly client = {
    create: async (_: unknown, event: EventsEvent) => {
      await this.#turn();
      this.written.push(`${event.regarding?.name ?? ""} ${event.note ?? ""} ${event.eventTime}`);
      return { ...event, metadata: { ...event.metadata, uid: "u", resourceVersion: "1" } };
    },
    patch: async (_: unknown, __: unknown, { body }: { body: { series: { count: number } } }) => {
      await this.#turn();
      if (this.hasExpired) throw apiError({ reason: "NotFound" }, 404, { method: "PATCH", path: "/" });
      this.written.push(`series of ${body.series.count}`);
    },
  } as unknown as Client;

  get waiting(): number {
    return this.#waiting.length;
  }

  open(): void {
    this.isOpen = true;
    for (const go of this.#waiting.splice(0)) go();
  }

  async #turn(): Promise<void> {
    if (!this.isOpen) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

function broadcaster(): { events: EventBroadcaster; server: SlowServer; clock: FakeClock; registry: Registry } {
  const [server, clock, registry] = [new SlowServer(), new FakeClock(), new Registry()];
  const metrics = new RuntimeMetrics(registry);
  const parts = { client: server.client, clock, metrics, logger: silentLogger };
  return { events: new EventBroadcaster({ ...parts, controller: "c", instance: "i" }), server, clock, registry };
}

const about = (name: string): { metadata: { name: string; uid: string } } => ({ metadata: { name, uid: name } });
const news = (note: string) => ({ type: "Normal", reason: "Told", action: "Tell", note }) as const;

t.test("an object's Events are written in order, with the time at which they happened", async (t) => {
  const { events, server, clock } = broadcaster();
  const first = formatMicroTime(clock.now());
  events.event(about("a"), news("one"));
  await clock.advance(1000);
  const second = formatMicroTime(clock.now());
  events.event(about("a"), news("two"));
  events.event(about("a"), news("two"));
  await clock.advance(1000);
  server.open();
  await events.flush();
  t.strictSame(server.written, [`a one ${first}`, `a two ${second}`, "series of 2"]);
});

t.test("the same news is a series of one object, also where objects are named without a UID", async (t) => {
  const { events, server } = broadcaster();
  server.open();
  const nameless = { metadata: { name: "a" } };
  for (const regarding of [
    nameless,
    { metadata: { name: "b" } },
    { metadata: { name: "a", namespace: "ns" } },
    { kind: "Other", metadata: { name: "a" } },
    nameless,
  ]) {
    events.event(regarding, news("one"));
    await events.flush();
  }
  t.same(
    server.written.map((line) => line.split(" ").slice(0, 2).join(" ")),
    ["a one", "b one", "a one", "a one", "series of"],
  );
});

t.test("a series ends after six minutes without an Event, or when the server deleted its Event", async (t) => {
  const { events, server, clock } = broadcaster();
  server.open();
  const tell = async (after: number): Promise<string | undefined> => {
    await clock.advance(after);
    events.event(about("a"), news("one"));
    await events.flush();
    return server.written.at(-1)?.replace(/ \S*Z$/, "");
  };
  t.equal(await tell(0), "a one");
  t.equal(await tell(359_999), "series of 2");
  t.equal(await tell(359_999), "series of 3");
  t.equal(await tell(360_000), "a one");
  t.equal(await tell(1), "series of 2");
  server.hasExpired = true;
  t.equal(await tell(1), "a one");
  server.hasExpired = false;
  t.equal(await tell(1), "series of 2");
  t.equal(server.written.length, 7);
});

t.test("of more than 4,096 series the oldest is dropped", async (t) => {
  const { events, server } = broadcaster();
  server.open();
  const tell = async (number: number): Promise<string | undefined> => {
    events.event(about(`run-${number}`), news("one"));
    await events.flush();
    return server.written.at(-1)?.replace(/ \S*Z$/, "");
  };
  for (let number = 0; number <= 4_096; number++) await tell(number);
  t.equal(await tell(1), "series of 2");
  t.equal(await tell(0), "run-0 one");
});

t.test("a flush waits no longer than its timeout", async (t) => {
  const { events, server, clock } = broadcaster();
  events.event(about("a"), news("one"));
  let flushed = false;
  const flush = events.flush(2_000).then(() => (flushed = true));
  await clock.advance(1_999);
  t.notOk(flushed);
  await clock.advance(1);
  await flush;
  server.open();
  await events.flush(2_000);
  t.equal(server.written.length, 1);
  t.equal(clock.pending, 0);
});

t.test("those of other objects don't wait for one that is slow", async (t) => {
  const { events, server } = broadcaster();
  for (const name of ["a", "b", "c"]) for (const note of ["one", "two"]) events.event(about(name), news(note));
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(server.waiting, 3, "one of each at a time");
  server.open();
  await events.flush();
  t.equal(server.written.length, 6);
});

t.test("beyond a thousand waiting Events, further ones are dropped and counted", async (t) => {
  const { events, server, registry } = broadcaster();
  for (let number = 1; number <= 1_003; number++) events.event(about(`run-${number}`), news("one"));
  server.open();
  await events.flush();
  t.equal(server.written.length, 1_000);
  t.match(await registry.metrics(), /^\w*events_dropped_total 3$/m);
});
