/** Templates of `-o jsonpath=`, in kubectl's dialect. Pure. */
import { JsonPathError, PathReader, valuesAt, type Path } from "./path.js";

type Part =
  { readonly text: string } | { readonly path: Path } | { readonly range: Path; readonly parts: readonly Part[] };

export type Template = readonly Part[];

/** Characters of a template, and ranges inside each other. */
const maxLength = 10_000;
const maxDepth = 16;

/**
 * A template such as `{range .items[*]}{.metadata.name}{"\n"}{end}`. A path alone needs no braces.
 *
 * @throws JsonPathError that says what was expected where
 */
export function parseTemplate(text: string): Template {
  if (text.length > maxLength) throw new JsonPathError(`has more than ${maxLength} characters`);
  if (text.trim() === "") throw new JsonPathError("is empty; write a path such as {.status.phase}");
  const reader = new TemplateReader(text.includes("{") ? text : `{${text}}`);
  return reader.parts(0);
}

class TemplateReader {
  readonly #reader: PathReader;

  constructor(private readonly text: string) {
    this.#reader = new PathReader(text);
  }

  parts(depth: number): Part[] {
    if (depth > maxDepth) throw new JsonPathError(`has ranges nested deeper than ${maxDepth} levels`);
    const parts: Part[] = [];
    for (;;) {
      const text = this.#text();
      if (text !== "") parts.push({ text });
      if (this.#reader.position >= this.text.length) {
        if (depth > 0) throw new JsonPathError("has a {range} without its {end}");
        return parts;
      }
      this.#reader.take("{");
      this.#reader.skipSpace();
      if (this.#word("end")) {
        this.#close();
        if (depth === 0) throw new JsonPathError("has an {end} without its {range}");
        return parts;
      }
      if (this.#word("range")) {
        this.#reader.skipSpace();
        const range = this.#reader.path();
        this.#close();
        parts.push({ range, parts: this.parts(depth + 1) });
        continue;
      }
      const quoted = this.#reader.quoted();
      parts.push(quoted === undefined ? { path: this.#reader.path() } : { text: quoted });
      this.#close();
    }
  }

  /** Text up to the next brace. */
  #text(): string {
    const { position } = this.#reader;
    const end = this.text.indexOf("{", position);
    this.#reader.position = end < 0 ? this.text.length : end;
    return this.text.slice(position, this.#reader.position);
  }

  #word(word: string): boolean {
    const next = this.text[this.#reader.position + word.length] ?? "";
    return /[\s}]/.test(next) && this.#reader.take(word);
  }

  #close(): void {
    this.#reader.skipSpace();
    if (!this.#reader.take("}")) this.#reader.fail("}");
  }
}

/** The text that a template gives for a value. Several values of a path are separated by spaces. @throws JsonPathError */
export function renderTemplate(template: Template, value: unknown, root: unknown = value): string {
  return template
    .map((part) => {
      if ("text" in part) return part.text;
      if ("path" in part) return valuesAt(part.path, value, root).map(textOf).join(" ");
      return valuesAt(part.range, value, root)
        .map((item) => renderTemplate(part.parts, item, root))
        .join("");
    })
    .join("");
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
