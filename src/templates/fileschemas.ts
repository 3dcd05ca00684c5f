import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { fileOf } from "./files.js";
import { TemplateError } from "./problem.js";
import { formatFieldError, type FieldError } from "../runtime/schema/fielderror.js";
import type { JsonSchema } from "../runtime/schema/jsonschema.js";
import { valueCheck, type Check } from "../runtime/schema/values.js";
import { packageRoot } from "../version.js";

const directory = join(packageRoot, "templates/schemas");

/** The schema of a run's file; undefined where it has none. */
export function fileSchema(file: string): JsonSchema | undefined {
  const path = join(directory, `${file}.yaml`);
  return existsSync(path) ? (parse(readFileSync(path, "utf8")) as JsonSchema) : undefined;
}

/**
 * Finds values of a wrong type in files for the agents' programs. No more than that is refused: a program may be newer than its
 * schema, and know more members and words. Schemas are read when a file of theirs is checked, and gone with this object.
 */
export class FileSchemas {
  readonly #checks = new Map<string, Check | undefined>();

  /**
   * @param template name of the template that made the content
   * @throws TemplateError with the paths of all mistakes
   */
  check(template: string, content: unknown): void {
    const file = fileOf(template);
    const errors: FieldError[] = [];
    this.#checkOf(file)?.(content, "", undefined, errors);
    const mistakes = errors.filter(({ reason }) => reason === "FieldValueTypeInvalid").map(formatFieldError);
    if (mistakes.length === 0) return;
    throw new TemplateError(
      `${template}.hbs`,
      1,
      1,
      `makes ${file} with values of a wrong type: ${mistakes.join("; ")}`,
    );
  }

  #checkOf(file: string): Check | undefined {
    if (!this.#checks.has(file)) {
      const schema = fileSchema(file);
      this.#checks.set(file, schema && valueCheck(schema));
    }
    return this.#checks.get(file);
  }
}
