import type { ConfigMap } from "../runtime/client/objects.js";
import { invalid, omitted } from "../runtime/schema/errors.js";
import type { Validator } from "../runtime/webhook/admission.js";
import { configurationKey } from "../configuration/names.js";
import { parseConfiguration } from "../configuration/parse.js";

/**
 * Everything that is wrong with the configuration in a ConfigMap, at once; keys without effect are warnings. A change that leaves
 * the text as it was is never denied.
 */
export const validateConfiguration: Validator<ConfigMap> = ({ object, oldObject }) => {
  const text = object?.data?.[configurationKey];
  if (text !== undefined && text === oldObject?.data?.[configurationKey]) return { errors: [], warnings: [] };
  if (text === undefined)
    return {
      errors: [],
      warnings: [
        `data: has no ${configurationKey}, so that the defaults hold; the configuration stands under that key`,
      ],
    };
  const { problems } = parseConfiguration(text);
  const told = problems.map(({ severity, path, message }) => ({
    severity,
    field: [`data[${configurationKey}]`, path].filter((part) => part !== "").join("."),
    message,
  }));
  return {
    errors: told
      .filter(({ severity }) => severity === "error")
      .map(({ field, message }) => invalid(field, omitted, message)),
    warnings: told.filter(({ severity }) => severity === "warning").map(({ field, message }) => `${field}: ${message}`),
  };
};
