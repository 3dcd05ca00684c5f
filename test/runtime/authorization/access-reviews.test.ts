import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import {
  AccessReviews,
  TooManyQuestionsError,
  type ResourceAction,
  type SubjectAccessReview,
} from "#src/runtime/authorization/access-reviews.js";
import type { Client } from "#src/runtime/client/client.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const jane = { username: "jane", groups: ["dev"], extra: { scopes: ["a"] } };
const read: ResourceAction = { verb: "get", group: "", resource: "secrets", namespace: "a", name: "key" };

/** Answers from `allowed`, or fails while it is undefined. */
class Server {
  allowed: boolean | undefined = true;
  readonly asked: SubjectAccessReview["spec"][] = [];
  readonly clock = new FakeClock();

  reviews(maxAnswers = 10): AccessReviews {
    const create = (_type: unknown, review: SubjectAccessReview): Promise<SubjectAccessReview> => {
      this.asked.push(review.spec);
      if (this.allowed === undefined) return Promise.reject(new Error("no answer"));
      return Promise.resolve({ ...review, status: { allowed: this.allowed } });
    };
    return new AccessReviews({ client: { create } as unknown as Client, clock: this.clock, maxAnswers });
  }
}

t.test("a review has the whole identity of the user", async (t) => {
  const server = new Server();
  t.equal(await server.reviews().isAllowed(jane, read), true);
  t.same(server.asked, [{ user: "jane", groups: ["dev"], extra: { scopes: ["a"] }, resourceAttributes: read }]);
});

t.test("an answer is reused for ten seconds, for the same user and action alone", async (t) => {
  const server = new Server();
  const reviews = server.reviews();
  await reviews.isAllowed(jane, read);
  server.allowed = false;
  t.equal(await reviews.isAllowed(jane, read), true);
  t.equal(await reviews.isAllowed({ ...jane, groups: [] }, read), false, "another group");
  t.equal(await reviews.isAllowed(jane, { ...read, namespace: "b" }), false, "another namespace");
  server.clock.advanceSync(9_999);
  t.equal(await reviews.isAllowed(jane, read), true);
  server.clock.advanceSync(1);
  t.equal(await reviews.isAllowed(jane, read), false);
});

t.test("simultaneous identical reviews are sent once", async (t) => {
  const server = new Server();
  const reviews = server.reviews();
  t.same(await Promise.all([reviews.isAllowed(jane, read), reviews.isAllowed(jane, read)]), [true, true]);
  t.equal(server.asked.length, 1);
});

t.test("a failed review fails its caller, and is sent again for the next", async (t) => {
  const server = new Server();
  const reviews = server.reviews();
  server.allowed = undefined;
  await t.rejects(reviews.isAllowed(jane, read), { message: "no answer" });
  server.allowed = true;
  t.equal(await reviews.isAllowed(jane, read), true);
});

t.test("the oldest answers are dropped", async (t) => {
  const server = new Server();
  const reviews = server.reviews(2);
  for (const name of ["a", "b", "c"]) await reviews.isAllowed(jane, { ...read, name });
  await reviews.isAllowed(jane, { ...read, name: "b" });
  t.equal(server.asked.length, 3);
  await reviews.isAllowed(jane, { ...read, name: "a" });
  t.equal(server.asked.length, 4);
});

/** Bytes after a collection of what is no longer used. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  return process.memoryUsage().heapUsed;
}

t.test("a user with megabytes of groups costs no memory once answered", async (t) => {
  const server = new Server();
  const reviews = server.reviews(200);
  // the answers keep no group: only this test does, and drops each
  const ask = (index: number): Promise<boolean> =>
    reviews.isAllowed({ username: "mallory", groups: [`${index}${"g".repeat(2 ** 20)}`] }, read);
  await ask(0);
  server.asked.length = 0;
  const before = heapInUse();
  for (let index = 1; index <= 100; index++) {
    await ask(index);
    server.asked.length = 0;
  }
  const grown = (heapInUse() - before) / 2 ** 20;
  t.ok(grown < 10, `${Math.round(grown)} MiB for 100 MiB of groups`);
});

t.test("a source that asks too much gets no answer, except those that are known", async (t) => {
  const server = new Server();
  const reviews = server.reviews(2_000);
  const ask = (name: string, source?: string): Promise<boolean> => reviews.isAllowed(jane, { ...read, name }, source);
  for (let each = 0; each < 500; each++) await ask(`key-${each}`, "10.0.0.1");
  await t.rejects(ask("another", "10.0.0.1"), TooManyQuestionsError);
  t.equal(await ask("key-7", "10.0.0.1"), true, "this was asked before");
  t.equal(await ask("another", "10.0.0.2"), true, "another source");
  server.clock.advanceSync(1_000);
  t.equal(await ask("yet-another", "10.0.0.1"), true);
  t.equal(server.asked.length, 502);
});
