/** Waiting for a run, while the API server ends watches, is away, or the run goes. */
import t from "tap";
import { isTerminal } from "#src/api/phase.js";
import type { AnyRun } from "#src/operations/any-run.js";
import { runWhen } from "#src/operations/wait.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { eventually } from "../eventually.js";
import { ApiServer } from "./api-server.js";

const hasEnded = ({ status }: AnyRun): boolean => isTerminal(status?.phase);
const never = new AbortController().signal;
const watching = (server: ApiServer): Promise<true> =>
  eventually("it is watched", () => (server.watching === 1 ? true : undefined));

t.test("a run that is as wanted comes at once, and another with the change that makes it so", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const client = await server.client(t);
  t.match(await runWhen(client, server.found, () => true, never), { status: { phase: "Running" } });
  const ended = runWhen(client, server.found, hasEnded, never);
  await watching(server);
  server.setStatus({ phase: "Running", attempts: 2 });
  server.setStatus({ phase: "Succeeded" });
  t.match(await ended, { status: { phase: "Succeeded" } });
  await eventually("the watch is closed", () => (server.watching === 0 ? true : undefined));
});

t.test("waiting continues after the end of a watch and an outage of the API server", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const clock = new FakeClock();
  const client = await server.client(t);
  const ended = runWhen(client, server.found, hasEnded, never, clock);
  await watching(server);
  server.endWatches();
  await eventually("it is watched again", () =>
    server.watching === 1 && server.asked.filter((url) => url.includes("watch")).length === 2 ? true : undefined,
  );
  server.isAway = true;
  server.endWatches();
  await eventually("it waits", () => (clock.pending > 0 ? true : undefined));
  server.isAway = false;
  server.setStatus({ phase: "Failed" });
  await clock.advance(1_000);
  t.match(await ended, { status: { phase: "Failed" } });
});

t.test("waiting ends when the run is deleted, also if another one has its name", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const client = await server.client(t);
  const gone = runWhen(client, server.found, hasEnded, never);
  await watching(server);
  const before = server.found;
  server.deleteRun();
  t.equal(await gone, undefined);
  t.equal(await runWhen(client, before, hasEnded, never), undefined);
  const again = new ApiServer({ phase: "Running" });
  const { run, type } = again.found;
  const former = { type, run: { ...run, metadata: { ...run.metadata, uid: "former" } } };
  t.equal(await runWhen(await again.client(t), former, () => true, never), undefined);
});

t.test("a missing right ends it, and so does the signal", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const client = await server.client(t);
  const stop = new AbortController();
  const stopped = runWhen(client, server.found, hasEnded, stop.signal);
  await watching(server);
  stop.abort(new Error("enough"));
  await t.rejects(stopped, { message: "enough" });
  server.answers.set(`/apis/orchestrator.io/v1/namespaces/ns/taskruns/one`, (_, response) => {
    const status = { kind: "Status", status: "Failure", code: 403, reason: "Forbidden", message: "you may not" };
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  await t.rejects(runWhen(client, server.found, hasEnded, never), { name: "Forbidden" });
});
