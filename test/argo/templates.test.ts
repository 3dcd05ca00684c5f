/** What Argo's linter does not say of the templates in config/argo. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { packageRoot } from "#src/version.js";

interface Template {
  readonly name: string;
  readonly resource?: object;
  readonly retryStrategy?: { readonly limit?: string; readonly backoff?: { readonly maxDuration?: string } };
}

interface WorkflowTemplate {
  readonly metadata: { readonly name: string };
  readonly spec: { readonly templates: readonly Template[] };
}

const directory = join(packageRoot, "config/argo");
const steps = readdirSync(directory)
  .filter((name) => name.endsWith("-template.yaml"))
  .map((name) => parse(readFileSync(join(directory, name), "utf8")) as WorkflowTemplate)
  .flatMap(({ metadata, spec }) => spec.templates.map((template) => ({ of: metadata.name, template })))
  .filter(({ template }) => template.resource !== undefined && template.name !== "exit");

t.test("a step whose pod is lost is retried, however long its run takes", (t) => {
  t.same(steps.map(({ of, template }) => `${of}/${template.name}`).sort(), [
    "coderun-template/run",
    "docsrun-template/run",
    "play-template/stage",
    "play-template/stop",
  ]);
  for (const { of, template } of steps) {
    t.equal(template.retryStrategy?.limit, "5", `${of}/${template.name}`);
    // Argo counts it from the start of the first pod, and gives every later pod what is left of it as its deadline
    t.equal(template.retryStrategy?.backoff?.maxDuration, undefined, `${of}/${template.name}`);
  }
  t.end();
});
