import t from "tap";
import { injectablePaths, injectedPaths, userSpec } from "#src/api/injected.js";

const metadata = (record: string): object => ({ annotations: { "orchestrator.io/injected": record } });

t.test("the recorded paths are known, sorted and unique, for any metadata", (t) => {
  t.strictSame(injectedPaths(metadata("model,image,model,spec.cancel,,retry.maxRetries")), [
    "image",
    "model",
    "retry.maxRetries",
  ]);
  for (const other of [undefined, null, 7, {}, { annotations: 7 }, { annotations: { a: "image" } }, metadata("")])
    t.strictSame(injectedPaths(other), []);
  t.strictSame([...injectablePaths], [...injectablePaths].sort());
  t.end();
});

t.test("the user's spec is the spec without what was injected", (t) => {
  const spec = {
    taskId: 7,
    image: "agent:1",
    model: "mine",
    workspace: { pvcName: "auth-workspace-pvc" },
    retry: { maxRetries: 3, initialBackoffSeconds: 5 },
  };
  t.strictSame(userSpec({ metadata: metadata("image,retry.maxRetries,workspace.pvcName"), spec }), {
    taskId: 7,
    model: "mine",
    retry: { initialBackoffSeconds: 5 },
  });
  t.equal(userSpec({ spec }), spec, "nothing of a run without a record counts as injected");
  t.strictSame(userSpec({ metadata: metadata("image"), spec: "malformed" }), {});
  t.end();
});
