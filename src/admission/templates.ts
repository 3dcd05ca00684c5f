import { operatorNames } from "../configuration/names.js";
import type { ConfigMap } from "../runtime/client/objects.js";
import { jsonEqual } from "../runtime/schema/json.js";
import { invalid, omitted } from "../runtime/schema/errors.js";
import type { FieldError } from "../runtime/schema/field-error.js";
import type { Validator } from "../runtime/webhook/admission.js";
import { TemplateError, type TemplateProblem } from "../templates/problem.js";
import { overrideTemplates } from "../templates/source.js";

/**
 * Validates the ConfigMap with the templates of an operator in a namespace, as the operator does before they take effect. Any
 * other ConfigMap is allowed without being parsed.
 *
 * All errors are reported at once; keys without effect give warnings. An update that leaves the templates unchanged is never denied.
 */
export function templatesValidator(ownNamespace: string): Validator<ConfigMap> {
  return ({ namespace, object, oldObject }) => {
    const isOurs = namespace === ownNamespace && object?.metadata?.name === operatorNames.templates;
    if (!isOurs || jsonEqual(object.data ?? {}, oldObject?.data)) return { errors: [], warnings: [] };
    const data = object.data ?? {};
    // only a review that no API server sent has other types
    const [other] = Object.entries<unknown>(data).filter(([, text]) => typeof text !== "string");
    if (other !== undefined)
      return { errors: [invalid(`data[${other[0]}]`, omitted, "must be a string")], warnings: [] };
    const { problems } = overrideTemplates(data);
    return {
      errors: problems.flatMap((problem) => (problem.severity === "error" ? [errorOf(problem, data)] : [])),
      warnings: problems.flatMap(({ severity, message }) => (severity === "warning" ? [`data: ${message}`] : [])),
    };
  };
}

/** An override can also break a built-in template, which is not among the data. */
function errorOf(problem: TemplateProblem, data: Readonly<Record<string, string>>): FieldError {
  const { key, message } = problem;
  if (key === undefined || !Object.hasOwn(data, key) || !(problem instanceof TemplateError))
    return invalid("data", omitted, message);
  return invalid(`data[${key}]`, omitted, `line ${problem.line}, column ${problem.column}: ${problem.reason}`);
}
