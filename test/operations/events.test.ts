/** The Events of a run: of it alone, in order, from both of the APIs that write them. */
import t from "tap";
import { eventsOf } from "#src/operations/events.js";
import { ApiServer } from "./api-server.js";

t.test("the Events of this run, the latest last", async (t) => {
  const server = new ApiServer();
  const metadata = { name: "e", namespace: "ns", creationTimestamp: "2026-01-01T00:00:00Z" };
  const asked: (string | null)[] = [];
  server.answers.set("/api/v1/namespaces/ns/events", (_, response, query) => {
    asked.push(query.get("fieldSelector"));
    const items = [
      {
        ...{ metadata, type: "Warning", reason: "AttemptFailed", message: "exit code 1" },
        eventTime: "2026-01-01T00:02:00.000000Z",
        series: { count: 3, lastObservedTime: "2026-01-01T00:09:00.000000Z" },
      },
      {
        ...{ metadata, type: "Normal", reason: "AttemptStarted", message: "attempt 1", count: 2 },
        ...{ firstTimestamp: "2026-01-01T00:01:00Z", lastTimestamp: "2026-01-01T00:03:00Z" },
      },
      { metadata },
    ];
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ kind: "EventList", apiVersion: "v1", metadata: {}, items }));
  });
  const events = await eventsOf(await server.client(t), server.found);
  t.strictSame(asked, ["involvedObject.uid=u1"]);
  t.strictSame(events, [
    {
      ...{ type: "Normal", reason: "", message: "", count: 1 },
      ...{ firstSeen: "2026-01-01T00:00:00Z", lastSeen: "2026-01-01T00:00:00Z" },
    },
    {
      ...{ type: "Normal", reason: "AttemptStarted", message: "attempt 1", count: 2 },
      ...{ firstSeen: "2026-01-01T00:01:00Z", lastSeen: "2026-01-01T00:03:00Z" },
    },
    {
      ...{ type: "Warning", reason: "AttemptFailed", message: "exit code 1", count: 3 },
      ...{ firstSeen: "2026-01-01T00:02:00.000000Z", lastSeen: "2026-01-01T00:09:00.000000Z" },
    },
  ]);
});
