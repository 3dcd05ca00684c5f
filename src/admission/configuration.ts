import type { ConfigMap } from "../runtime/client/objects.js";
import { invalid, omitted } from "../runtime/schema/errors.js";
import type { AdmissionRequest, Validator, Verdict } from "../runtime/webhook/admission.js";
import { configurationKey, operatorNames } from "../configuration/names.js";
import { parseConfiguration } from "../configuration/parse.js";
import type { Problem } from "../configuration/problem.js";

/**
 * Validates the ConfigMap with the configuration of an operator in a namespace. Any other ConfigMap is allowed without being parsed,
 * whatever the webhook configuration sends: its author has nothing to do with the operator.
 *
 * All findings are reported at once; keys without effect give warnings. An update that leaves the text unchanged is never denied.
 */
export function configurationValidator(ownNamespace: string): Validator<ConfigMap> {
  return (request) => {
    const { namespace, object } = request;
    const { name } = object?.metadata ?? {};
    if (namespace !== ownNamespace || name !== operatorNames.configuration) return { errors: [], warnings: [] };
    return validateConfiguration(request);
  };
}

function placeOf(line: Problem["line"], position: Problem["position"]): string {
  if (position !== undefined) return ` (line ${position.line}, column ${position.column})`;
  return line === undefined ? "" : ` (line ${line})`;
}

const validateConfiguration = ({ object, oldObject }: AdmissionRequest<ConfigMap>): Verdict => {
  const text: unknown = object?.data?.[configurationKey];
  if (text !== undefined && text === oldObject?.data?.[configurationKey]) return { errors: [], warnings: [] };
  if (text === undefined)
    return {
      errors: [],
      warnings: [`data: has no ${configurationKey}, so the defaults apply; the configuration belongs under that key`],
    };
  // only a review that no API server sent has another type
  if (typeof text !== "string")
    return { errors: [invalid(`data[${configurationKey}]`, omitted, "must be a string")], warnings: [] };
  const { problems } = parseConfiguration(text);
  const found = problems.map(({ severity, path, line, position, message }) => ({
    severity,
    field: [`data[${configurationKey}]`, path].filter((part) => part !== "").join("."),
    message: `${message}${placeOf(line, position)}`,
  }));
  return {
    errors: found
      .filter(({ severity }) => severity === "error")
      .map(({ field, message }) => invalid(field, omitted, message)),
    warnings: found
      .filter(({ severity }) => severity === "warning")
      .map(({ field, message }) => `${field}: ${message}`),
  };
};
