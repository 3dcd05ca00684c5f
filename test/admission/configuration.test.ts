import t from "tap";
import { configurationValidator } from "#src/admission/index.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import type { AdmissionRequest } from "#src/runtime/webhook/admission.js";

const own = { namespace: "orchestrator", name: "taskrun-controller-config" };
const validateConfiguration = configurationValidator(own.namespace);

const of = (text?: string): ConfigMap => ({
  metadata: { ...own },
  ...(text !== undefined && { data: { "config.yaml": text } }),
});

function request(object: ConfigMap, oldObject?: ConfigMap): AdmissionRequest<ConfigMap> {
  return {
    uid: "1",
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    operation: oldObject === undefined ? "CREATE" : "UPDATE",
    userInfo: {},
    dryRun: false,
    namespace: own.namespace,
    object,
    ...(oldObject !== undefined && { oldObject }),
  };
}

t.test(
  "what is wrong is an error with its path, what has no effect a warning, and all of it comes at once",
  async (t) => {
    const text =
      "job: {backoffLimit: many, restartPolicy: OnFailure}\nvolumes: {a: {}}\nagents: {a: {model: 1}}\nodd: 1\n";
    const { errors, warnings } = await validateConfiguration(request(of(text)));
    t.match(errors, [
      { field: "data[config.yaml].job.backoffLimit", reason: "FieldValueInvalid", message: /whole number/ },
      { field: "data[config.yaml].agents.a.model" },
    ]);
    t.match(warnings, [
      /^data\[config\.yaml\]\.job\.restartPolicy: has no effect: a Job can distinguish/,
      /^data\[config\.yaml\]\.volumes: has no effect/,
      /^data\[config\.yaml\]\.odd: is not a known key/,
    ]);
  },
);

t.test("a ConfigMap without the key gives a warning, and an unchanged text is admitted", async (t) => {
  t.match(await validateConfiguration(request(of())), { errors: [], warnings: [/has no config\.yaml/] });
  t.strictSame(await validateConfiguration(request(of("job: ["), of("job: ["))), { errors: [], warnings: [] });
});

t.test(
  "any other ConfigMap is allowed without being parsed, whatever it holds and however it is labelled",
  async (t) => {
    const labels = { "orchestrator.io/configuration": "true" };
    const foreign = of("job: [");
    for (const [object, namespace] of [
      [{ ...foreign, metadata: { ...own, name: "another", labels } }, own.namespace],
      [{ ...foreign, metadata: { ...own, namespace: "tenant", labels } }, "tenant"],
      // the API server fills in the namespace of the object from that of the request, and a forged review may differ
      [foreign, "tenant"],
    ] as const)
      t.strictSame(await validateConfiguration({ ...request(object), namespace }), { errors: [], warnings: [] });
    t.equal((await validateConfiguration(request(foreign))).errors.length > 0, true, "without a label");
  },
);

t.test("a text that is none, as only a forged review has it, is denied", async (t) => {
  for (const text of [["a"], 1, {}]) {
    const { errors } = await validateConfiguration(request(of(text as unknown as string)));
    t.match(errors, [{ field: "data[config.yaml]", message: /must be a string/ }]);
  }
});
