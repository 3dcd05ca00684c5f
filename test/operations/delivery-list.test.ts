/** Deliveries as people see them: the newest first, and only those that were asked for. */
import t from "tap";
import type { Delivery, DeliverySpec, DeliveryStatus } from "#src/api/delivery.js";
import { deliveryList, type DeliveryQuery } from "#src/operations/delivery-list.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { pagesOf } from "./pages.js";

function delivery(id: number, spec: Partial<DeliverySpec> = {}, status?: DeliveryStatus): Stored<Delivery> {
  return {
    metadata: {
      ...{ namespace: "orchestrator", name: `github-${id}`, uid: "u", resourceVersion: "1" },
      creationTimestamp: new Date(Date.UTC(2026, 0, 1) + id * 1_000).toISOString(),
    },
    spec: { source: "github", id: String(id), event: "push", ...spec },
    ...(status && { status }),
  };
}

const repository = { host: "github.com", owner: "acme", name: "shop" };

t.test("what a Delivery says is listed, with the page that it is about", async (t) => {
  const full = delivery(
    1,
    {
      ...{ event: "issues", action: "labeled", repository, sender: { login: "ann", id: 1, type: "User" } },
      subject: { kind: "Issue", number: 7, title: "Mail" },
    },
    {
      ...{
        phase: "Done",
        decision: "start",
        rule: "issue-labeled",
        reason: "CarriedOut",
        message: "Started it.",
        task: 7,
      },
      run: { kind: "CodeRun", namespace: "team", name: "task-7" },
    },
  );
  const { items, isTruncated } = await deliveryList(pagesOf([full, delivery(2)]), {});
  t.equal(isTruncated, false);
  t.strictSame(items, [
    {
      ...{ namespace: "orchestrator", name: "github-2", receivedAt: "2026-01-01T00:00:02.000Z", event: "push" },
      phase: "Undecided",
    },
    {
      ...{ namespace: "orchestrator", name: "github-1", receivedAt: "2026-01-01T00:00:01.000Z", event: "issues" },
      ...{ action: "labeled", repository: "acme/shop", subject: { kind: "Issue", number: 7, title: "Mail" } },
      ...{ url: "https://github.com/acme/shop/issues/7", sender: "ann", phase: "Done", decision: "start" },
      ...{ rule: "issue-labeled", reason: "CarriedOut", message: "Started it.", task: 7 },
      run: { namespace: "team", name: "task-7" },
    },
  ]);
});

t.test("only those that match the request", async (t) => {
  const all = [
    delivery(1, { repository, subject: { kind: "PullRequest", number: 3 } }, { phase: "Failed" }),
    delivery(2, { repository: { ...repository, name: "web" } }, { phase: "Done" }),
    delivery(3, { repository }),
  ];
  const names = async (query: DeliveryQuery): Promise<string[]> =>
    (await deliveryList(pagesOf(all), query)).items.map(({ name }) => name);
  t.same(await names({ repository: "ACME/shop" }), ["github-3", "github-1"]);
  t.same(await names({ number: 3 }), ["github-1"]);
  t.same(await names({ phase: "Undecided" }), ["github-3"]);
  t.same(await names({ repository: "acme/shop", phase: "Done" }), []);
});

t.test("of very many the newest are listed, however they are ordered", async (t) => {
  const all = Array.from({ length: 1_201 }, (_, index) => delivery((index * 7) % 1_201));
  const { items, isTruncated } = await deliveryList(pagesOf(all), {});
  t.equal(isTruncated, true);
  t.same([items.length, items[0]?.name, items.at(-1)?.name], [500, "github-1200", "github-701"]);
});
