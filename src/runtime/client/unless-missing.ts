import { NotFound } from "./errors.js";

/** An answer, or undefined if the object does not exist. @throws all other errors */
export function unlessMissing<T>(answer: Promise<T>): Promise<T | undefined> {
  return answer.catch((error: unknown) => {
    if (error instanceof NotFound) return undefined;
    throw error;
  });
}
