import { restoredBy } from "../../api/restored.js";
import { noFindings, type Rule } from "../context.js";

/** Says why a run was created suspended that a backup contains without its status. */
export const restoredFromBackup: Rule = {
  id: "restored-from-backup",
  check({ object, oldObject }) {
    const restore = oldObject === undefined ? restoredBy(object.metadata) : undefined;
    if (restore === undefined) return noFindings;
    const warning = `spec.suspend: set to true, because restore ${restore} created the run without its status, and it may have run before; set it to false to run it`;
    return { warnings: [warning] };
  },
};
