import t from "tap";
import { BearerAccess, type Access } from "#src/runtime/authorization/bearer-access.js";
import type { SubjectAccessReview } from "#src/runtime/authorization/access-reviews.js";
import type { Client } from "#src/runtime/client/client.js";
import type { KubernetesObject } from "#src/runtime/client/objects.js";
import type { ResourceType } from "#src/runtime/client/resource.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

/** An API server where `Bearer jane` may get /metrics, and `Bearer joe` is somebody else. */
class Server {
  isAway = false;
  mayRead = ["jane"];
  readonly asked: string[] = [];
  readonly clock = new FakeClock();
  readonly access = new BearerAccess({
    client: { create: this.#create.bind(this) } as unknown as Client,
    clock: this.clock,
    logger: silentLogger,
    maxDecisions: 3,
  });

  #create(type: ResourceType, review: KubernetesObject & { spec: object }): Promise<object> {
    this.asked.push(type.kind);
    if (this.isAway) return Promise.reject(new Error("no route to host"));
    const { token, user, nonResourceAttributes } = review.spec as SubjectAccessReview["spec"] & { token?: string };
    if (type.kind === "TokenReview") {
      const known = ["jane", "joe"].includes(token ?? "");
      return Promise.resolve({ status: known ? { authenticated: true, user: { username: token } } : {} });
    }
    const allowed = this.mayRead.includes(user) && nonResourceAttributes?.path === "/metrics";
    return Promise.resolve({ status: { allowed } });
  }

  async status(authorization: string | undefined, source = "10.0.0.1", path = "/metrics"): Promise<number> {
    const access: Access = await this.access.of({ authorization, source, path });
    return access.allowed ? 200 : access.status;
  }
}

t.test("no token and a wrong one get 401, one without the permission 403, the right one passes", async (t) => {
  const server = new Server();
  for (const none of [undefined, "", "Basic amFuZQ==", "Bearer", "Bearer a b"]) t.equal(await server.status(none), 401);
  t.same(server.asked, [], "nobody is asked about no token");
  t.equal(await server.status("Bearer wrong"), 401);
  t.equal(await server.status("Bearer joe"), 403);
  t.equal(await server.status("Bearer jane"), 200);
  t.equal(await server.status("Bearer jane", "10.0.0.1", "/debug/pprof/heap"), 403, "of another path");
});

t.test("a permission is reused for a minute, a denial for ten seconds", async (t) => {
  const server = new Server();
  t.equal(await server.status("Bearer jane"), 200);
  t.equal(await server.status("Bearer joe"), 403);
  t.equal(server.asked.length, 4);
  server.mayRead = ["joe"];
  server.clock.advanceSync(9_999);
  t.same([await server.status("Bearer jane"), await server.status("Bearer joe")], [200, 403]);
  t.equal(server.asked.length, 4);
  server.clock.advanceSync(1);
  t.equal(await server.status("Bearer joe"), 200);
  server.clock.advanceSync(49_999);
  t.equal(await server.status("Bearer jane"), 200);
  server.clock.advanceSync(1);
  t.equal(await server.status("Bearer jane"), 403);
});

t.test("without the API server, what is known is answered, and everything else gets 503, never metrics", async (t) => {
  const server = new Server();
  t.equal(await server.status("Bearer jane"), 200);
  server.isAway = true;
  t.equal(await server.status("Bearer jane"), 200);
  t.equal(await server.status("Bearer joe"), 503);
  server.clock.advanceSync(60_000);
  t.equal(await server.status("Bearer jane"), 503);
  server.isAway = false;
  t.equal(await server.status("Bearer jane"), 200, "a failure is not kept");
});

t.test("requests with the same token at once ask once", async (t) => {
  const server = new Server();
  const statuses = await Promise.all(Array.from({ length: 50 }, () => server.status("Bearer jane")));
  t.same(new Set(statuses), new Set([200]));
  t.same(server.asked, ["TokenReview", "SubjectAccessReview"]);
});

t.test("who tries tokens gets 429, and Prometheus at another address does not", async (t) => {
  const server = new Server();
  for (let each = 0; each < 20; each++) t.equal(await server.status(`Bearer guess-${each}`), 401);
  t.equal(await server.status("Bearer guess-20"), 429);
  t.equal(await server.status("Bearer jane", "10.0.0.2"), 200);
  server.clock.advanceSync(1_000);
  t.equal(await server.status("Bearer guess-21"), 401);
  t.equal(server.asked.length, 23);
});

t.test("it keeps no more decisions than it may", async (t) => {
  const server = new Server();
  for (const token of ["jane", "a", "b", "c"]) await server.status(`Bearer ${token}`);
  const before = server.asked.length;
  t.equal(await server.status("Bearer jane"), 200);
  t.equal(server.asked.length, before + 2, "it was forgotten, and is asked about again");
});
