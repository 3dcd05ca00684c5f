import t from "tap";
import {
  AccessReviews,
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

t.test("questions that come together are asked once", async (t) => {
  const server = new Server();
  const reviews = server.reviews();
  t.same(await Promise.all([reviews.isAllowed(jane, read), reviews.isAllowed(jane, read)]), [true, true]);
  t.equal(server.asked.length, 1);
});

t.test("a failed question fails the caller, and is asked again", async (t) => {
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
