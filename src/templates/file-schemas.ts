import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import { valueCheck, type Check } from "../runtime/schema/values.js";
import type { Violation } from "../runtime/schema/violation.js";
import { packageRoot } from "../version.js";
import { fileOf } from "./files.js";
import { TemplateError } from "./problem.js";

const directory = join(packageRoot, "templates/schemas");

interface FileSchema {
  readonly schema: JsonSchema;
  readonly check: Check;
}

/**
 * Maximum violations per value, after which its check ends: a file may be as long as a request, and all of it wrong. Far more
 * than are reported.
 */
const limit = 1000;

/** Reads the schema of a file; undefined if it has none. */
function readSchema(file: string): FileSchema | undefined {
  const path = join(directory, `${file}.yaml`);
  if (!existsSync(path)) return undefined;
  const schema = parse(readFileSync(path, "utf8")) as JsonSchema;
  return { schema, check: valueCheck(schema, { style: "document", limit }) };
}

/** The violations that are meaningful even if the agent program is newer than its schema. */
export type FileViolation = Violation & { readonly rule: "type" | "enum" | "minimum" };

/** What {@link readSchema} has read: the files belong to this program and never change. */
const read = new Map<string, FileSchema | undefined>();

/** The schemas in templates/schemas. Each is read and compiled at first use. */
export class FileSchemas {
  of(file: string): JsonSchema | undefined {
    return this.#read(file)?.schema;
  }

  /**
   * Violations of a file's schema by the value at a path: wrong types, undocumented words, numbers below a minimum. Other rules
   * are not checked, since an agent program may be newer than its schema.
   */
  violations(file: string, value: unknown, path: string): FileViolation[] {
    const found: Violation[] = [];
    this.#read(file)?.check(value, path, undefined, found);
    return found.filter(
      (each): each is FileViolation => each.rule === "type" || each.rule === "enum" || each.rule === "minimum",
    );
  }

  /**
   * Checks a file of an agent program.
   *
   * @param template name of the template that the content was rendered from
   * @throws TemplateError with the paths of all values of the wrong type. Unknown members and words are accepted, since an agent
   *   program may be newer than its schema
   */
  check(template: string, content: unknown): void {
    const file = fileOf(template);
    const wrong = this.violations(file, content, "").flatMap((violation) =>
      violation.rule === "type" ? [`${violation.path} ${mustBe(violation)}`.trimStart()] : [],
    );
    if (wrong.length === 0) return;
    throw new TemplateError(
      `${template}.hbs`,
      1,
      1,
      `renders ${file} with values of the wrong type: ${wrong.join("; ")}`,
    );
  }

  #read(file: string): FileSchema | undefined {
    if (!read.has(file)) read.set(file, readSchema(file));
    return read.get(file);
  }
}

/** What is wrong with a value's type; follows the value's name. */
export function mustBe({ wanted, actual }: { readonly wanted: readonly string[]; readonly actual: string }): string {
  return `must be of type ${wanted.join(" or ")}, not ${actual}`;
}
