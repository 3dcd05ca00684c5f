import type { ConfigMap } from "../runtime/client/objects.js";
import { invalid, omitted } from "../runtime/schema/errors.js";
import type { Validator } from "../runtime/webhook/admission.js";
import { configurationKey } from "../configuration/names.js";
import { parseConfiguration } from "../configuration/parse.js";

/**
 * All findings about the configuration in a ConfigMap; keys without effect give warnings. An update that leaves the text unchanged is
 * never denied.
 */
export const validateConfiguration: Validator<ConfigMap> = ({ object, oldObject }) => {
  const text = object?.data?.[configurationKey];
  if (text !== undefined && text === oldObject?.data?.[configurationKey]) return { errors: [], warnings: [] };
  if (text === undefined)
    return {
      errors: [],
      warnings: [`data: has no ${configurationKey}, so the defaults apply; the configuration belongs under that key`],
    };
  const { problems } = parseConfiguration(text);
  const found = problems.map(({ severity, path, message }) => ({
    severity,
    field: [`data[${configurationKey}]`, path].filter((part) => part !== "").join("."),
    message,
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
