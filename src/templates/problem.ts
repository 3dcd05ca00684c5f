/** A mistake in a template, where it stands. Lines and columns count from 1. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";

  constructor(
    readonly file: string,
    readonly line: number,
    readonly column: number,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${file}:${line}:${column}: ${reason}`, options);
  }
}
