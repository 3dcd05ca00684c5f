/** What GitHub could not deliver is taken in once, from the list that it keeps, whenever the manager ends. */
import { Registry } from "prom-client";
import t from "tap";
import type { Delivery } from "#src/api/delivery.js";
import { MalformedList, missedWebhooks, payloadOf } from "#src/deliveries/missed-webhooks.js";
import { WebhookRecovery } from "#src/deliveries/webhook-recovery.js";
import { GitHubUnavailable } from "#src/github/unavailable.js";
import type { RawAnswer } from "#src/github/github-api.js";
import type { Client } from "#src/runtime/client/client.js";
import { AlreadyExists, Invalid, NotFound } from "#src/runtime/client/errors.js";
import type { KubernetesObject, Stored } from "#src/runtime/client/objects.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const minute = 60_000;
const signal = new AbortController().signal;
const status = (code: number): { kind: "Status"; code: number } => ({ kind: "Status", code });
const request = { method: "PATCH", path: "/" };

interface Sent {
  readonly guid: string;
  readonly at: number;
  readonly code?: number;
  readonly event?: string;
  readonly action?: string;
  readonly payload?: unknown;
}

/** The list of an App's webhooks, the newest first, in pages of 100. */
class GitHub {
  readonly sent: Sent[] = [];
  readonly asked: string[] = [];
  isDown = false;

  async read(path: string): Promise<RawAnswer> {
    this.asked.push(path);
    if (this.isDown) throw new GitHubUnavailable("GitHub does not answer");
    const [, id] = /^\/app\/hook\/deliveries\/(\d+)$/.exec(path) ?? [];
    if (id !== undefined) return answer(this.#detail(this.sent[Number(id)]));
    const from = Number(/cursor=(\d+)/.exec(path)?.[1] ?? 0);
    const all = this.sent
      .map(({ guid, at, code = 502, event = "pull_request", action = "opened" }, id) => ({
        ...{ id, guid, event, action, status_code: code, delivered_at: new Date(at).toISOString() },
      }))
      .sort((one, other) => (one.delivered_at < other.delivered_at ? 1 : -1));
    const next = from + 100 < all.length ? { next: `/app/hook/deliveries?per_page=100&cursor=${from + 100}` } : {};
    return Promise.resolve({ ...answer(all.slice(from, from + 100)), ...next });
  }

  #detail(sent: Sent | undefined): object {
    const payload = sent?.payload ?? {
      action: "opened",
      sender: { login: "ann", id: 1, type: "User" },
      pull_request: { number: 5, head: { ref: "task-1", sha: "a" }, base: { ref: "main" } },
    };
    return { id: 1, guid: sent?.guid, request: { headers: { "X-GitHub-Event": "pull_request" }, payload } };
  }
}

const answer = (content: unknown): RawAnswer => ({ status: 200, body: Buffer.from(JSON.stringify(content)) });

class Scene {
  readonly github = new GitHub();
  readonly clock = new FakeClock();
  readonly objects = new Map<string, Stored<KubernetesObject>>();
  /** The write, from 1, at which the manager ends: before or after it takes effect. */
  kill: { readonly at: number; readonly when: "before" | "after" } | undefined;
  /** Name of an object that the API server refuses. */
  invalid: string | undefined;
  #writes = 0;
  #recovery = this.#start();

  get deliveries(): string[] {
    return [...this.objects.keys()].filter((name) => name.startsWith("github-")).sort();
  }

  get through(): string | undefined {
    const stored = this.objects.get("orchestrator-webhook-recovery") as { data?: Record<string, string> } | undefined;
    return stored?.data?.["api.github.com"];
  }

  get recoveredUntil(): number {
    return this.#recovery.recoveredUntil;
  }

  /** One look; a manager that ended is started again. */
  async look(): Promise<boolean | undefined> {
    this.#writes = 0;
    try {
      return await this.#recovery.recoverFrom({ host: "api.github.com", app: this.github }, signal);
    } catch (error) {
      if (!(error instanceof Error && error.message === "killed")) throw error;
      this.kill = undefined;
      this.#recovery = this.#start();
      return undefined;
    }
  }

  #start(): WebhookRecovery {
    const get = (name: string): Stored<KubernetesObject> => {
      const found = this.objects.get(name);
      if (found === undefined) throw new NotFound(status(404), 404, request);
      return found;
    };
    const client = {
      get: async (_type: unknown, { name }: { name: string }) => Promise.resolve().then(() => get(name)),
      create: async (_type: unknown, object: KubernetesObject) =>
        this.#write(() => {
          const name = object.metadata?.name ?? "";
          if (this.objects.has(name)) throw new AlreadyExists(status(409), 409, request);
          if (name === this.invalid) throw new Invalid(status(422), 422, request);
          this.objects.set(name, object as Stored<KubernetesObject>);
        }),
      patch: async (_type: unknown, { name }: { name: string }, { body }: { body: object }) =>
        this.#write(() => this.objects.set(name, { ...get(name), ...body })),
    } as unknown as Client;
    const deliveries = {
      hasSynced: true,
      get: ({ name }: { name: string }) => this.objects.get(name) as Stored<Delivery> | undefined,
      ...{ list: () => [], byIndex: () => [] },
    };
    return new WebhookRecovery({
      ...{ client, clock: this.clock, logger: silentLogger, registry: new Registry(), deliveries },
      ...{ namespace: "orchestrator", seconds: () => 300, sources: () => Promise.resolve([]) },
    });
  }

  async #write(effect: () => unknown): Promise<never> {
    await Promise.resolve();
    this.#writes += 1;
    const dies = this.kill?.at === this.#writes ? this.kill.when : undefined;
    if (dies === "before") throw new Error("killed");
    effect();
    if (dies === "after") throw new Error("killed");
    return undefined as never;
  }

  /** GitHub sends a webhook, so many minutes from now. */
  send(guid: string, more: Partial<Sent> = {}): void {
    this.github.sent.push({ guid, at: this.clock.now(), ...more });
  }
}

t.test("what was missed since the last read is taken in once, and nothing from before the first", async (t) => {
  const scene = new Scene();
  scene.send("before");
  await scene.clock.advance(10 * minute);
  t.equal(await scene.look(), true);
  t.strictSame(scene.deliveries, []);
  scene.send("missed-1");
  scene.send("received", { code: 202 });
  scene.send("star", { event: "star" });
  scene.send("started", { event: "check_suite", action: "requested" });
  await scene.clock.advance(minute / 2);
  t.equal(await scene.look(), true);
  t.strictSame(scene.deliveries, [], "it may still be on its way");
  await scene.clock.advance(minute);
  await scene.look();
  t.strictSame(scene.deliveries, ["github-missed-1"]);
  t.match(scene.objects.get("github-missed-1"), {
    metadata: { namespace: "orchestrator" },
    spec: { source: "github", id: "missed-1", event: "pull_request", action: "opened", subject: { number: 5 } },
  });
  scene.objects.delete("github-missed-1");
  await scene.clock.advance(10 * minute);
  await scene.look();
  t.strictSame(scene.deliveries, [], "what was removed later does not come back");
});

t.test(
  "a webhook that a repetition delivered needs nothing; of one that was never delivered the newest is read",
  async (t) => {
    const scene = new Scene();
    await scene.look();
    await scene.clock.advance(minute);
    for (const code of [502, 202]) scene.send("repeated", { code });
    scene.send("twice", { payload: "gone" });
    await scene.clock.advance(1_000);
    scene.send("twice");
    await scene.clock.advance(2 * minute);
    await scene.look();
    t.strictSame(scene.deliveries, ["github-twice"]);
    t.strictSame(
      scene.github.asked.filter((path) => /\d$/.test(path) && !path.includes("?")),
      ["/app/hook/deliveries/3"],
    );
  },
);

t.test("an outage of GitHub or of the manager loses nothing", async (t) => {
  for (const at of [1, 2, 3])
    for (const when of ["before", "after"] as const) {
      const scene = new Scene();
      await scene.look();
      await scene.clock.advance(minute);
      scene.send("a");
      scene.send("b");
      scene.github.isDown = true;
      await scene.clock.advance(60 * minute);
      await t.rejects(scene.look(), /GitHub does not answer/);
      scene.github.isDown = false;
      scene.kill = { at, when };
      await scene.look();
      await scene.look();
      t.strictSame(scene.deliveries, ["github-a", "github-b"], `${when} ${at}`);
      t.equal(scene.through, new Date(scene.clock.now() - minute).toISOString());
    }
});

t.test("the time up to which the list was read is never later than the truth", async (t) => {
  const scene = new Scene();
  t.equal(scene.recoveredUntil, 0, "before the first look");
  await scene.look();
  const first = scene.clock.now() - minute;
  t.equal(scene.recoveredUntil, first);
  await scene.clock.advance(minute);
  for (let number = 0; number < 250; number += 1) scene.send(`n${number}`);
  const sent = scene.clock.now();
  await scene.clock.advance(10 * minute);
  scene.github.isDown = true;
  await t.rejects(scene.look());
  t.equal(scene.recoveredUntil, first);
  scene.github.isDown = false;
  await scene.look();
  t.ok(scene.recoveredUntil < sent, "the list is not read to its end");
  await scene.look();
  await scene.look();
  t.equal(scene.recoveredUntil, scene.clock.now() - minute);
});

t.test("many are taken in over several looks, the oldest first, also if they were sent at the same time", async (t) => {
  const scene = new Scene();
  await scene.look();
  await scene.clock.advance(minute);
  for (let number = 0; number < 250; number += 1) scene.send(`n${String(number).padStart(3, "0")}`);
  await scene.clock.advance(10 * minute);
  t.equal(await scene.look(), false);
  t.strictSame([scene.deliveries.length, scene.deliveries.at(-1)], [100, "github-n099"]);
  t.equal(await scene.look(), false);
  t.equal(await scene.look(), true);
  t.equal(scene.deliveries.length, 250);
});

t.test("a payload that cannot be read is skipped", async (t) => {
  const scene = new Scene();
  await scene.look();
  await scene.clock.advance(minute);
  for (const payload of ["action=opened", [1], JSON.parse(`${"[".repeat(80)}${"]".repeat(80)}`) as unknown])
    scene.send(`bad-${scene.github.sent.length}`, { payload });
  scene.send("good");
  await scene.clock.advance(10 * minute);
  t.equal(await scene.look(), true);
  t.strictSame(scene.deliveries, ["github-good"]);
});

t.test("a webhook that the API server refuses is skipped", async (t) => {
  const scene = new Scene();
  await scene.look();
  await scene.clock.advance(minute);
  scene.invalid = "github-bad";
  scene.send("bad");
  scene.send("good");
  await scene.clock.advance(10 * minute);
  t.equal(await scene.look(), true);
  t.strictSame(scene.deliveries, ["github-good"]);
});

t.test("invalid lists, and invalid entries", async (t) => {
  const query = { after: 0, until: Date.now(), isKnown: () => false };
  const read = (content: unknown): Promise<unknown> =>
    missedWebhooks({ read: () => Promise.resolve(answer(content)) }, query);
  await t.rejects(read({ message: "moved" }), MalformedList);
  const entry = { guid: "g", id: 1, event: "push", delivered_at: "2024-01-01T00:00:00Z", status_code: 500 };
  const bad = [null, 1, {}, { ...entry, guid: "../x" }, { ...entry, id: "1" }, { ...entry, delivered_at: "soon" }];
  t.match(await read([...bad, entry]), { missed: [{ guid: "g", id: 1, event: "push" }] });
});

t.test("an answer about a webhook that gives a member twice is not read, and does not end the look", async (t) => {
  const read = (body: string): Promise<unknown> =>
    payloadOf(
      { read: () => Promise.resolve({ status: 200, body: Buffer.from(body) }) },
      { guid: "a", id: 1, event: "push", at: 0 },
    );
  t.equal(await read('{"request":{"payload":{}},"request":{"payload":{}}}'), undefined);
  t.equal(await read('{"request":{"payload":{},"payload":{}}}'), undefined);
  t.equal(await read('{"request":'), undefined);
  t.same(await read('{"request":{"payload":{"a":1}}}'), Buffer.from('{"a":1}'));
});

t.test("a host with endless pages is followed for a bounded number", async (t) => {
  let pages = 0;
  const app = {
    read: async (): Promise<RawAnswer> => {
      pages += 1;
      return Promise.resolve({ ...answer([]), next: "/app/hook/deliveries?cursor=1" });
    },
  };
  await missedWebhooks(app, { after: 0, until: Date.now(), isKnown: () => false });
  t.equal(pages, 50);
});
