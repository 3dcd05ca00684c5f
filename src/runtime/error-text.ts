/** What was thrown, as text and as an Error: JavaScript can throw anything. */

/** The message of an Error; any other value as a string. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The value itself if it is an Error, else an Error with it as the message. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
