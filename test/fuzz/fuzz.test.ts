/** All targets with their corpora and a few generated inputs; `npm run test:fuzz` gives them more time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t from "tap";
import { fuzz, type FuzzReport } from "./fuzz.js";

/** Bytes that an operator's heap may hold more after all inputs: caches that are bounded, such as compiled patterns. */
const maxHeapGrowth = 48 * 2 ** 20;

const names = ["admission", "requirements", "configuration", "templates", "values", "termination", "kubeconfig"].concat(
  ...["validate", "convert", "render", "webhook"],
);

t.test("any input is accepted or refused as documented, in bounded time and memory", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fuzz-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const seed = Number(process.env.TEST_SEED ?? 1);
  const reports: FuzzReport[] = [];
  await fuzz({ seed, directory, ...(process.env.TEST_FULL !== undefined && { seconds: 60 }) }, (each) =>
    reports.push(each),
  );
  t.strictSame(
    reports.map(({ target }) => target),
    names,
  );
  for (const { target, inputs, worst, heapGrowth, failure, input = "" } of reports) {
    t.equal(failure, undefined, `${target}: ${input}`);
    t.ok(inputs > 0 && heapGrowth < maxHeapGrowth, `${target}: its heap grew by ${heapGrowth} bytes`);
    t.comment(`${target}: ${inputs} inputs, at most ${worst.toFixed(1)} ms`);
  }
});
