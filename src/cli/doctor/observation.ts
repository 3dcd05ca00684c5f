import { errorText } from "../../runtime/error-text.js";
import { Forbidden, NotFound, Unauthorized } from "../../runtime/client/errors.js";

/** What was seen of something in the cluster, or why nothing was. */
export type Observation<T> =
  | { readonly state: "seen"; readonly value: T }
  | { readonly state: "absent" }
  /** The caller may not look. */
  | { readonly state: "forbidden" }
  | { readonly state: "failed"; readonly message: string };

export const seen = <T>(value: T): Observation<T> => ({ state: "seen", value });

/** Reads something. Never rejects. */
export async function observe<T>(read: () => Promise<T>): Promise<Observation<T>> {
  try {
    return seen(await read());
  } catch (error) {
    if (error instanceof NotFound) return { state: "absent" };
    if (error instanceof Forbidden || error instanceof Unauthorized) return { state: "forbidden" };
    return { state: "failed", message: errorText(error) };
  }
}
