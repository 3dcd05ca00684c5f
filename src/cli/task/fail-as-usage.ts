import { OperationError } from "../../operations/operation-error.js";
import { UsageError } from "../io.js";

/** Makes what cannot be read or is not valid, before anything is asked of a cluster, wrong usage. @throws UsageError */
export function failAsUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof OperationError) throw new UsageError(`error: ${error.message}`);
    throw error;
  }
}
