import { OperationError } from "../../operations/operation-error.js";
import { UsageError } from "../io.js";

/** Reports unreadable or invalid input, before any request to a cluster, as wrong usage. @throws UsageError */
export function failAsUsage<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof OperationError) throw new UsageError(`error: ${error.message}`);
    throw error;
  }
}
