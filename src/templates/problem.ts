/** A finding in a set of templates. */
export interface TemplateProblem {
  /** An error rejects the whole set; a warning does not. */
  readonly severity: "error" | "warning";
  /** Names the template or the key of the ConfigMap. */
  readonly message: string;
}

/** An error in a template, with its position. Lines and columns count from 1. */
export class TemplateError extends Error implements TemplateProblem {
  override readonly name = "TemplateError";
  readonly severity = "error";

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
