/** What stands in the way of an operation, for programs. */
export type OperationProblem = "Invalid" | "NotFound" | "Conflict";

/**
 * An operation that cannot be done. The message is for the person who asked, and says what to do.
 *
 * @param problem `Invalid`: the request itself is wrong; `NotFound`: what it names does not exist; `Conflict`: the state does not
 * allow it
 */
export class OperationError extends Error {
  override readonly name = "OperationError";
  readonly problem: OperationProblem;

  constructor(
    message: string,
    { problem = "Conflict", ...options }: ErrorOptions & { problem?: OperationProblem } = {},
  ) {
    super(message, options);
    this.problem = problem;
  }
}
