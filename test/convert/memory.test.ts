/** What the conversion of a text with thousands of documents keeps in memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import t from "tap";
import { convertManifests } from "#src/convert/manifests.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const documentOf = (number: number): string => `apiVersion: orchestrator.platform/v1
kind: TaskRun
metadata: { name: task-${number}, namespace: team }
spec:
  taskId: "${number}"
  serviceName: service-${number}
  maxTurns: 30
  markdownFiles:
    - { filename: task.md, fileType: task, content: "Send the invoices." }
`;

function heap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}

t.test("the result keeps the values of runs, not the trees of their documents", (t) => {
  const count = 2_000;
  const text = Array.from({ length: count }, (_, index) => documentOf(index + 1)).join("---\n");
  convertManifests(documentOf(1)); // loads code
  const before = heap();
  const { runs } = convertManifests(text);
  const kept = (heap() - before) / count;
  t.equal(runs.length, count);
  // with its tree, such a document takes 9,000
  t.ok(kept < 5_000, `${Math.round(kept)} bytes for each document`);
  t.equal(runs[count - 1]?.lineOf("spec.serviceName"), (count - 1) * 10 + 6, "and lines are found by reading again");
  t.end();
});
