import type { Budget } from "../api/budget.js";
import { isTimeZone } from "../api/time-zone.js";
import { invalid } from "../runtime/schema/errors.js";
import type { FieldError } from "../runtime/schema/field-error.js";
import type { Validator } from "../runtime/webhook/admission.js";

/**
 * Validates what the schema of a Budget cannot: the name of its time zone, and that only one in the operator's namespace selects other
 * namespaces. What an update leaves unchanged is not denied.
 */
export function budgetValidator(ownNamespace: string): Validator<Budget> {
  return ({ namespace = "", object, oldObject }) => {
    const { timeZone, selector } = object?.spec ?? {};
    const before = oldObject?.spec;
    const errors: FieldError[] = [];
    if (timeZone !== undefined && timeZone !== before?.timeZone && !isTimeZone(timeZone))
      errors.push(
        invalid("spec.timeZone", timeZone, "must be a time zone of the IANA database, such as UTC or Europe/Berlin"),
      );
    const others = selector?.namespaces?.filter((name) => name !== namespace) ?? [];
    const isNews = JSON.stringify(selector?.namespaces) !== JSON.stringify(before?.selector?.namespaces);
    if (namespace !== ownNamespace && others.length > 0 && isNews) {
      const message = `a Budget in namespace ${namespace} holds only for runs of that namespace; create it in ${ownNamespace} to hold for others`;
      errors.push(invalid("spec.selector.namespaces", others, message));
    }
    return { errors, warnings: [] };
  };
}
