import t from "tap";
import type { Budget } from "#src/api/budget.js";
import { budgetValidator } from "#src/admission/index.js";
import type { AdmissionRequest } from "#src/runtime/webhook/admission.js";

const validate = budgetValidator("orchestrator");
const budget = (spec: Budget["spec"]): Budget => ({ metadata: { name: "team" }, spec: { maxCostUSD: 1, ...spec } });
const fieldsOf = (namespace: string, spec: Budget["spec"], old?: Budget["spec"]): string[] => {
  const request = { namespace, object: budget(spec), ...(old && { oldObject: budget(old) }) };
  const verdict = validate(request as unknown as AdmissionRequest<Budget>);
  if (verdict instanceof Promise) throw new Error("it answers at once");
  return verdict.errors.map(({ field }) => field);
};

t.test("an unknown time zone is denied, and other namespaces outside of the operator's", (t) => {
  t.same(fieldsOf("team-a", { timeZone: "Europe/Berlin", selector: { namespaces: ["team-a"] } }), []);
  t.same(fieldsOf("team-a", { timeZone: "Europe/Nowhere" }), ["spec.timeZone"]);
  t.same(fieldsOf("team-a", { selector: { namespaces: ["team-b"] } }), ["spec.selector.namespaces"]);
  t.same(fieldsOf("orchestrator", { selector: { namespaces: ["team-b"] } }), []);
  t.end();
});

t.test("an update is not denied for what it leaves unchanged", (t) => {
  const old = { timeZone: "Europe/Nowhere", selector: { namespaces: ["team-b"] } };
  t.same(fieldsOf("team-a", { ...old, maxCostUSD: 2 }, old), []);
  t.end();
});
