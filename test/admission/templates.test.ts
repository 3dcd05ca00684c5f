import t from "tap";
import { templatesValidator } from "#src/admission/index.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";
import type { AdmissionRequest } from "#src/runtime/webhook/admission.js";

const own = { namespace: "orchestrator", name: "agent-templates" };
const validateTemplates = templatesValidator(own.namespace);

const of = (data?: Record<string, string>): ConfigMap => ({ metadata: { ...own }, ...(data && { data }) });

function request(object: ConfigMap, oldObject?: ConfigMap, namespace = own.namespace): AdmissionRequest<ConfigMap> {
  return {
    uid: "1",
    kind: { group: "", version: "v1", kind: "ConfigMap" },
    resource: { group: "", version: "v1", resource: "configmaps" },
    operation: oldObject === undefined ? "CREATE" : "UPDATE",
    userInfo: {},
    dryRun: false,
    ...{ namespace, object },
    ...(oldObject !== undefined && { oldObject }),
  };
}

const nothing = { errors: [], warnings: [] };

t.test(
  "mistakes are errors with key, line and column; overrides without effect are warnings; all at once",
  async (t) => {
    const { errors, warnings } = await validateTemplates(
      request(
        of({
          "code_claude.md.hbs": "{{spec.service}}\n  {{typo}} {{second}}",
          "docs_claude.md.hbs": "{{#if x}}",
          "code_contaner.sh.hbs": "x",
        }),
      ),
    );
    t.match(errors, [
      { field: "data[code_claude.md.hbs]", message: 'Invalid value: line 2, column 5: unknown variable "typo"' },
      { field: "data[code_claude.md.hbs]", message: 'Invalid value: line 2, column 14: unknown variable "second"' },
      { field: "data[docs_claude.md.hbs]", message: /: line 1, column \d+: is not valid Handlebars/ },
    ]);
    t.match(warnings, [/^data: code_contaner\.sh\.hbs has no effect: .*did you mean code_container\.sh\.hbs\?/]);
  },
);

t.test("an override that breaks a built-in template is denied, and names that template", async (t) => {
  const { errors } = await validateTemplates(request(of({ "shared_library.sh.hbs": "{{> shared/gone}}" })));
  t.match(errors, [{ field: "data[shared_library.sh.hbs]", message: /unknown template "shared\/gone"/ }]);
  const broken = await validateTemplates(
    request(of({ "code_claude.md.hbs": "{{> shared/x}}", "shared_x.hbs": "{{y}}" })),
  );
  t.match(broken.errors, [{ field: "data[shared_x.hbs]" }]);
});

t.test("good templates, none, and those that stay as they are are let through", async (t) => {
  t.strictSame(await validateTemplates(request(of({ "code_claude.md.hbs": "For {{spec.service}}." }))), nothing);
  t.strictSame(await validateTemplates(request(of())), nothing);
  const bad = of({ "code_claude.md.hbs": "{{typo}}" });
  t.strictSame(await validateTemplates(request(bad, bad)), nothing);
  t.equal((await validateTemplates(request(bad, of()))).errors.length, 1);
});

t.test("any other ConfigMap is allowed without being parsed", async (t) => {
  const bad = of({ "code_claude.md.hbs": "{{typo}}" });
  t.strictSame(await validateTemplates(request(bad, undefined, "tenant")), nothing);
  t.strictSame(await validateTemplates(request({ ...bad, metadata: { ...own, name: "other" } })), nothing);
});

t.test("a template that is not text, as only a forged review contains, is denied", async (t) => {
  for (const text of [["a"], 1, {}, null]) {
    const { errors } = await validateTemplates(request(of({ "code_claude.md.hbs": text as unknown as string })));
    t.match(errors, [{ field: "data[code_claude.md.hbs]", message: /must be a string/ }]);
  }
});
