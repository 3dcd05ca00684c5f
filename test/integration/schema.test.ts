/** The schema module says what a real API server says. TEST_FULL=1 asks about 5,000 objects instead of 200. */
import { deepStrictEqual } from "node:assert";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { taskRunSchema } from "#src/admission/schema.js";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import { CustomResourceDefinitions } from "#src/runtime/client/builtin.js";
import { ApiError } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { CustomResourceDefinition } from "#src/runtime/client/objects.js";
import type { FieldError } from "#src/runtime/schema/fielderror.js";
import { brokenSpec, updatedSpec, validSpec } from "../admission/arbitrary.js";
import { adminClient, eventually, testCluster, testNamespace } from "./cluster.js";

const many = process.env.TEST_FULL === "1" ? 5_000 : 200;

t.setTimeout(many * 200);

/** What a server or the module makes of an object: what is stored, or what is wrong. */
type Answer = { readonly stored: unknown } | { readonly causes: readonly string[] };

const cluster = await testCluster(t);
const client = await adminClient(t, cluster);
const namespace = await testNamespace(t, client);
await installTaskRuns(client);

async function installTaskRuns(admin: HttpClient): Promise<void> {
  const text = readFileSync("crds/taskruns.orchestrator.io.yaml", "utf8");
  await admin.apply(CustomResourceDefinitions, parse(text) as CustomResourceDefinition);
  await eventually("TaskRuns are served", async () => {
    await admin.list(TaskRuns, { namespace });
    return true;
  });
}

function resource(name: string, spec: unknown): TaskRun {
  const object: unknown = { apiVersion: "orchestrator.io/v1", kind: "TaskRun", metadata: { name, namespace }, spec };
  return object as TaskRun; // the point is that it need not be one
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

async function serverSays(call: () => Promise<TaskRun>): Promise<Answer> {
  try {
    return { stored: plain((await call()).spec) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 422) throw error;
    const causes = error.causes.map(({ field, reason, message }) => {
      return `${field === "<nil>" ? "" : (field ?? "")} | ${reason ?? ""} | ${message ?? ""}`;
    });
    return { causes: [...new Set(causes)].sort() };
  }
}

function moduleSays(object: TaskRun, old?: TaskRun): Answer {
  const given = taskRunSchema.applyDefaults(taskRunSchema.prune(object).object);
  const errors = taskRunSchema.validate(given, old);
  if (errors.length === 0) return { stored: plain((given as TaskRun).spec) };
  const line = ({ field, reason, message }: FieldError): string => `${field} | ${reason} | ${message}`;
  return { causes: [...new Set(errors.map(line))].sort() };
}

/** Runs a property and says what broke it: tap shows nothing of what fast-check throws. */
async function holds<T>(t: Test, property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  const details = await fc.check(property, { numRuns });
  if (details.failed) t.fail(`${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}`);
  else t.pass(`${numRuns} cases`);
}

t.test("valid TaskRuns are stored as the module says, defaults included", async (t) => {
  await holds(
    t,
    fc.asyncProperty(validSpec, async (spec) => {
      const object = resource("valid", spec);
      const server = await serverSays(() => client.create(TaskRuns, object, { dryRun: true }));
      deepStrictEqual(moduleSays(object), server);
    }),
    many / 4,
  );
});

t.test("broken TaskRuns are denied for the same fields, reasons and in the same words", async (t) => {
  await holds(
    t,
    fc.asyncProperty(brokenSpec, async (spec) => {
      const object = resource("broken", spec);
      const server = await serverSays(() => client.create(TaskRuns, object, { dryRun: true }));
      deepStrictEqual(moduleSays(object), server);
    }),
    many / 2,
  );
});

t.test("updates are judged alike, transition rules included", async (t) => {
  let number = 0;
  await holds(
    t,
    fc.asyncProperty(updatedSpec, async ({ before, after }) => {
      const name = `u-${(number += 1)}`;
      const old = await client.create(TaskRuns, resource(name, before));
      const object = resource(name, after);
      const submitted: TaskRun = { ...object, metadata: { ...old.metadata } };
      const server = await serverSays(() => client.update(TaskRuns, submitted, { dryRun: true }));
      deepStrictEqual(moduleSays(submitted, old), server);
    }),
    many / 4,
  );
});

t.test("unknown fields are named as --validate=strict names them", async (t) => {
  await holds(
    t,
    fc.asyncProperty(brokenSpec, async (spec) => {
      const object = resource("strict", spec);
      const { unknownFields } = taskRunSchema.prune(object);
      const told = await client.create(TaskRuns, object, { dryRun: true, fieldValidation: "Strict" }).then(
        () => "",
        (error: unknown) => (error instanceof ApiError && error.code === 400 ? error.message : ""),
      );
      const named = [...told.matchAll(/unknown field "([^"]*)"/g)].map(([, field]) => field ?? "");
      deepStrictEqual([...unknownFields].sort(), named.sort());
    }),
    many / 10,
  );
});
