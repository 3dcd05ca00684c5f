/** The schema module agrees with a real API server. TEST_FULL=1 compares 5,000 objects instead of 200. */
import { deepStrictEqual } from "node:assert";
import fc from "../property.js";
import { readFileSync } from "node:fs";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { admittedCodeRun } from "#src/kinds/coderun/admission.js";
import { admittedDocsRun } from "#src/kinds/docsrun/admission.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { CustomResourceDefinitions } from "#src/runtime/client/builtin.js";
import { ApiError } from "#src/runtime/client/errors.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import type { CustomResourceDefinition, KubernetesObject } from "#src/runtime/client/objects.js";
import { apiVersionOf, resourceType, type ResourceType } from "#src/runtime/client/resource.js";
import type { FieldError } from "#src/runtime/schema/field-error.js";
import type { JsonSchema } from "#src/runtime/schema/json-schema.js";
import { structuralSchema, type StructuralSchema } from "#src/runtime/schema/structural.js";
import { specs, type Specs } from "../admission/arbitrary.js";
import { widget } from "../runtime/schema/widget.js";
import { eventually } from "../eventually.js";
import { adminClient, ownCluster, testNamespace } from "./cluster.js";

const many = process.env.TEST_FULL === "1" ? 5_000 : 200;

t.setTimeout(many * 500);

/** The result for an object, by the server or the module: the stored object, or its errors. */
type Answer = { readonly stored: unknown } | { readonly causes: readonly string[] };

/** A kind and its generated specs. */
const kinds = [admittedTaskRun, admittedCodeRun, admittedDocsRun].map(
  ({ type, schema }): { type: ResourceType<Run>; schema: StructuralSchema; specs: Specs } => ({
    type: type,
    schema,
    specs: specs[type.kind as keyof typeof specs],
  }),
);

// a separate cluster, since webhooks and controllers of other tests would interfere
const cluster = await ownCluster(t);
const client = await adminClient(t, cluster);
const namespace = await testNamespace(t, client);
await installKinds(client);

async function installKinds(admin: HttpClient): Promise<void> {
  for (const { type } of kinds) {
    const text = readFileSync(`crds/${type.plural}.orchestrator.io.yaml`, "utf8");
    await admin.apply(CustomResourceDefinitions, parse(text) as CustomResourceDefinition);
    await eventually(`${type.kind}s are served`, () => admin.list(type, { namespace }).then(() => true));
  }
}

/** Of any kind; the point is that it need not be one. */
interface Run extends KubernetesObject {
  spec: unknown;
}

function resource(type: ResourceType<Run>, name: string, spec: unknown): Run {
  return { apiVersion: apiVersionOf(type), kind: type.kind, metadata: { name, namespace }, spec };
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

async function serverSays(call: () => Promise<{ spec: unknown }>): Promise<Answer> {
  try {
    return { stored: plain((await call()).spec) };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 422) throw error;
    const causes = error.causes.map(({ field, reason, message }) => {
      return `${field === "<nil>" ? "" : (field ?? "")} | ${reason ?? ""} | ${withoutInnards(message ?? "")}`;
    });
    return { causes: [...new Set(causes)].sort() };
  }
}

function moduleSays(schema: StructuralSchema, object: Run, old?: Run): Answer {
  const given = schema.applyDefaults(schema.prune(object).object);
  const errors = schema.validate(given, old);
  if (errors.length === 0) return { stored: plain((given as Run).spec) };
  return { causes: lines(errors) };
}

/** The reason why a rule could not be evaluated depends on the CEL implementation. */
const withoutInnards = (message: string): string =>
  message.replace(/^(Invalid value: "\w+"): .* evaluating rule:/, "$1: … evaluating rule:");

function lines(errors: readonly FieldError[]): string[] {
  return [
    ...new Set(errors.map(({ field, reason, message }) => `${field} | ${reason} | ${withoutInnards(message)}`)),
  ].sort();
}

/** Runs a property and reports its counterexample, since tap does not show what fast-check throws. */
async function holds<T>(t: Test, property: fc.IAsyncProperty<T>, numRuns: number): Promise<void> {
  const details = await fc.check(property, { numRuns });
  if (details.failed) t.fail(inOneLine(`${fc.defaultReportMessage(details)}\n${String(details.errorInstance)}`));
  else t.pass(`${numRuns} cases`);
}

/** tap cannot parse its own failure line if it contains one of these, and loses the failure. */
const inOneLine = (text: string): string =>
  text.replaceAll(/[\u2028\u2029]/g, (end) => (end === "\u2028" ? "\\u2028" : "\\u2029"));

for (const { type, schema, specs: of } of kinds) {
  const { kind } = type;
  const created = async (object: Run): Promise<void> => {
    const server = await serverSays(() => client.create(type, object, { dryRun: true }));
    deepStrictEqual(moduleSays(schema, object), server);
  };

  t.test(`valid ${kind}s are stored as the module predicts, including defaults`, async (t) => {
    await holds(
      t,
      fc.asyncProperty(of.valid, (spec) => created(resource(type, "valid", spec))),
      many / 4,
    );
  });

  t.test(`invalid ${kind}s are denied for the same fields and reasons, with the same messages`, async (t) => {
    await holds(
      t,
      fc.asyncProperty(of.broken, (spec) => created(resource(type, "broken", spec))),
      many / 2,
    );
  });

  t.test(`updates of ${kind}s give the same result, including transition rules`, async (t) => {
    let number = 0;
    await holds(
      t,
      fc.asyncProperty(of.updated, async ({ before, after }) => {
        const name = `u-${(number += 1)}`;
        const old = await client.create(type, resource(type, name, before));
        const submitted: Run = { ...resource(type, name, after), metadata: { ...old.metadata } };
        const server = await serverSays(() => client.update(type, submitted, { dryRun: true }));
        deepStrictEqual(moduleSays(schema, submitted, old), server);
      }),
      many / 4,
    );
  });

  t.test(`unknown fields of ${kind}s are named as --validate=strict names them`, async (t) => {
    await holds(
      t,
      fc.asyncProperty(of.broken, async (spec) => {
        const object = resource(type, "strict", spec);
        const { unknownFields } = schema.prune(object);
        const told = await client.create(type, object, { dryRun: true, fieldValidation: "Strict" }).then(
          () => "",
          (error: unknown) => (error instanceof ApiError && error.code === 400 ? error.message : ""),
        );
        const named = [...told.matchAll(/unknown field "([^"]*)"/g)].map(([, field]) => field ?? "");
        deepStrictEqual([...unknownFields].sort(), named.sort());
      }),
      many / 10,
    );
  });
}

const Widgets = resourceType<Run>({
  group: "schematest.orchestrator.io",
  version: "v1",
  kind: "Widget",
  plural: "widgets",
  namespaced: true,
});

function widgetDefinition(openAPIV3Schema: JsonSchema): CustomResourceDefinition {
  const definition: unknown = {
    metadata: { name: "widgets.schematest.orchestrator.io" },
    spec: {
      group: Widgets.group,
      scope: "Namespaced",
      names: { kind: Widgets.kind, plural: Widgets.plural },
      versions: [{ name: Widgets.version, served: true, storage: true, schema: { openAPIV3Schema } }],
    },
  };
  return definition as CustomResourceDefinition; // the type of a schema in the client's models differs from ours
}

const part = fc.record(
  { name: fc.constantFrom("a", "b", "A"), count: fc.constantFrom<unknown>(1, 2, "x") },
  { requiredKeys: ["name"] },
);
const widgetSpec = fc.record(
  {
    size: fc.constantFrom<unknown>(0, 1, 2, 5, 11, "x"),
    color: fc.constantFrom<unknown>("red", "blue", 5),
    note: fc.constantFrom<unknown>("abc", "long", null),
    tags: fc.array(fc.constantFrom<unknown>("a", "b", 1), { maxLength: 3 }),
    parts: fc.array(part, { maxLength: 3 }),
    limits: fc.dictionary(fc.constantFrom("a", "b"), fc.constantFrom<unknown>(1, "1m", "x", true), {
      noNullPrototype: true,
    }),
    free: fc.constantFrom<unknown>({ x: 1 }, { known: { a: "b" } }, { known: { a: 1 } }),
    until: fc.constantFrom<unknown>("2024-07-02T10:00:00Z", "soon", 1, []),
  },
  { requiredKeys: [] },
);

t.test("invalid fields that an update leaves unchanged are tolerated in the same places", async (t) => {
  const name = "widgets.schematest.orchestrator.io";
  const loose: JsonSchema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  await client.apply(CustomResourceDefinitions, widgetDefinition(loose));
  t.teardown(() => client.delete(CustomResourceDefinitions, { name }));
  await eventually("widgets are served", () => client.list(Widgets, { namespace }).then(() => true));
  const olds = fc.sample(widgetSpec, Math.min(many, 400));
  for (const [index, spec] of olds.entries())
    await client.create(Widgets, { metadata: { name: `w-${index}`, namespace }, spec });
  await client.apply(CustomResourceDefinitions, widgetDefinition(widget));
  await eventually("the strict schema is in force", async () => {
    const probe = client.create(
      Widgets,
      { metadata: { name: "probe", namespace }, spec: { size: 99 } },
      { dryRun: true },
    );
    return probe.then(
      () => false,
      (error: unknown) => error instanceof ApiError && error.code === 422,
    );
  });
  const widgets = structuralSchema(widget);
  const asStored = (object: unknown): Run => widgets.applyDefaults(widgets.prune(object).object) as Run;
  const kept = fc.subarray(["size", "color", "note", "tags", "parts", "limits", "free", "until"]);
  await holds(
    t,
    fc.asyncProperty(fc.nat({ max: olds.length - 1 }), widgetSpec, kept, async (index, changes, keys) => {
      const old = await client.get(Widgets, { namespace, name: `w-${index}` });
      const before = (olds[index] ?? {}) as Record<string, unknown>;
      const unchanged = Object.fromEntries(Object.entries(before).filter(([key]) => keys.includes(key)));
      const submitted: Run = { ...old, spec: { ...changes, ...unchanged } };
      const server = await serverSays(() => client.update(Widgets, submitted, { dryRun: true }));
      const errors = widgets.validate(asStored(submitted), asStored(old));
      deepStrictEqual(
        errors.length === 0 ? { stored: plain(asStored(submitted).spec) } : { causes: lines(errors) },
        server,
      );
    }),
    many,
  );
});
