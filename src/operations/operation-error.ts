/** An operation that cannot be done. The message is for the person who asked, and says what to do. */
export class OperationError extends Error {
  override readonly name = "OperationError";
}
