import { getEventListeners } from "node:events";
import t from "tap";
import { aborted, LinkedAbort, onAbort, settledOrAborted, unlessAborted } from "#src/runtime/abort.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

t.test("a linked abort fires with the reason of the first source that does, or its own", (t) => {
  for (const source of [0, 1]) {
    const sources = [new AbortController(), new AbortController()];
    const linked = new LinkedAbort(sources[0]?.signal, undefined, sources[1]?.signal);
    t.notOk(linked.signal.aborted);
    sources[source]?.abort(new Error(`source ${source}`));
    sources[1 - source]?.abort(new Error("too late"));
    t.match(linked.signal.reason, { message: `source ${source}` });
  }
  const own = new LinkedAbort();
  own.abort(new Error("own"));
  t.match(own.signal.reason, { message: "own" });
  t.match(new LinkedAbort(AbortSignal.abort(new Error("before"))).signal.reason, { message: "before" });
  t.end();
});

t.test("an unlinked abort leaves nothing on its sources, and fires no more with them", (t) => {
  const source = new AbortController();
  const linked = new LinkedAbort(source.signal);
  t.equal(listeners(source.signal), 1);
  linked.unlink();
  t.equal(listeners(source.signal), 0);
  source.abort();
  t.notOk(linked.signal.aborted);
  t.end();
});

t.test("a callback is called once, at once if the signal has fired, and never after its removal", (t) => {
  let calls = 0;
  const count = (): number => calls++;
  onAbort(AbortSignal.abort(), count);
  t.equal(calls, 1);
  const source = new AbortController();
  onAbort(source.signal, count);
  onAbort(source.signal, () => t.fail("it was removed"))();
  onAbort(undefined, () => t.fail("never"))();
  source.abort();
  t.equal(calls, 2);
  t.end();
});

t.test("waiting ends with the signal, and leaves no listener behind when it ends otherwise", async (t) => {
  const source = new AbortController();
  await settledOrAborted(Promise.resolve(), source.signal);
  t.equal(await unlessAborted(Promise.resolve(7), source.signal), 7);
  await t.rejects(settledOrAborted(Promise.reject(new Error("no")), source.signal), { message: "no" });
  await t.rejects(unlessAborted(Promise.reject(new Error("no")), source.signal), { message: "no" });
  t.equal(listeners(source.signal), 0);
  const never = new Promise<never>(() => undefined);
  const waits = [
    aborted(source.signal),
    settledOrAborted(never, source.signal),
    t.rejects(unlessAborted(never, source.signal), { message: "stop" }),
  ];
  source.abort(new Error("stop"));
  await Promise.all(waits);
  await aborted(source.signal);
});
