/** A finding in a set of templates. */
export interface TemplateProblem {
  /** An error rejects the whole set; a warning does not. */
  readonly severity: "error" | "warning";
  /** The key of the ConfigMap. Absent: the whole set. */
  readonly key?: string | undefined;
  /** Names the template or the key. */
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

  get key(): string | undefined {
    return this.file.endsWith(".hbs") ? this.file.replaceAll("/", "_") : undefined;
  }
}

/** Several errors. */
export class TemplateErrors extends Error {
  override readonly name = "TemplateErrors";

  constructor(readonly errors: readonly TemplateError[]) {
    super(errors.map(({ message }) => message).join("; "));
  }
}
