import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { fileOf } from "./files.js";
import { mistakesIn } from "./mistakes.js";
import { TemplateError } from "./problem.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import { packageRoot } from "../version.js";

const directory = join(packageRoot, "templates/schemas");

/** The schema of a run's file; undefined where it has none. */
function fileSchema(file: string): JsonSchema | undefined {
  const path = join(directory, `${file}.yaml`);
  return existsSync(path) ? (parse(readFileSync(path, "utf8")) as JsonSchema) : undefined;
}

/** Schemas of runs' files: read when they are first asked for, and gone with this object. */
export class FileSchemas {
  readonly #schemas = new Map<string, JsonSchema | undefined>();

  of(file: string): JsonSchema | undefined {
    if (!this.#schemas.has(file)) this.#schemas.set(file, fileSchema(file));
    return this.#schemas.get(file);
  }

  /**
   * Finds values of a wrong type in a file for the agents' programs. No more than that is refused: a program may be newer than its
   * schema, and know more members and words.
   *
   * @param template name of the template that made the content
   * @throws TemplateError with the paths of all mistakes
   */
  check(template: string, content: unknown): void {
    const file = fileOf(template);
    const schema = this.of(file);
    if (schema === undefined) return;
    const mistakes = [...mistakesIn(schema, content, "")].flatMap((mistake) =>
      mistake.kind === "type" ? [`${mistake.path} ${mustBe(mistake)}`.trimStart()] : [],
    );
    if (mistakes.length === 0) return;
    throw new TemplateError(
      `${template}.hbs`,
      1,
      1,
      `makes ${file} with values of a wrong type: ${mistakes.join("; ")}`,
    );
  }
}

/** What is wrong with a value's type, after its name. */
export function mustBe({ wanted, actual }: { readonly wanted: readonly string[]; readonly actual: string }): string {
  return `must be of type ${wanted.join(" or ")}, and is of type ${actual}`;
}
