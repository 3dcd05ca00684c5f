/** Paths into JSON, in kubectl's dialect. Pure. */
import { isList, isObject, member } from "../../runtime/schema/json.js";

/** The text is no path or template of this dialect. The message says where. */
export class JsonPathError extends Error {
  override readonly name = "JsonPathError";
}

type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";

type Operand = Path | { readonly literal: string | number | boolean | null };

type Step =
  | { readonly fields: readonly string[] }
  | { readonly index: number }
  | { readonly from: number; readonly to: number }
  | { readonly every: true }
  | { readonly below: true }
  | { readonly left: Operand; readonly operator?: Operator; readonly right?: Operand };

export interface Path {
  /** Begins at the root of everything instead of the current value. */
  readonly isAbsolute: boolean;
  readonly steps: readonly Step[];
}

const quoted = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/y;
const name = /(?:[^\s.[\](){}\\'"=!<>,?@$*:]|\\.)+/y;

/** Reads a path from a text; positions are in it. */
export class PathReader {
  position: number;

  constructor(
    private readonly text: string,
    start = 0,
  ) {
    this.position = start;
  }

  /** @throws JsonPathError */
  path(): Path {
    const isAbsolute = this.take("$");
    if (!isAbsolute) this.take("@");
    const steps: Step[] = [];
    // kubectl allows the first field without its dot
    const first = this.match(name);
    if (first !== undefined) steps.push({ fields: [unescaped(first)] });
    for (;;) {
      if (this.take("..")) steps.push({ below: true }, this.take("*") ? { every: true } : { fields: [this.field()] });
      else if (this.take(".")) {
        if (this.take("*")) steps.push({ every: true });
        else if (this.text[this.position] !== "[" && !this.isEnd()) steps.push({ fields: [this.field()] });
      } else if (this.take("[")) steps.push(this.bracket());
      else return { isAbsolute, steps };
    }
  }

  skipSpace(): void {
    while (/\s/.test(this.text[this.position] ?? "")) this.position++;
  }

  take(token: string): boolean {
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    return true;
  }

  /** @throws JsonPathError at the present position */
  fail(wanted: string): never {
    const rest = this.text.slice(this.position, this.position + 20);
    throw new JsonPathError(`expected ${wanted} at ${rest === "" ? "the end" : JSON.stringify(rest)}`);
  }

  /** Text in quotes; undefined if there is none here. */
  quoted(): string | undefined {
    const text = this.match(quoted);
    return text === undefined ? undefined : unescaped(text.slice(1, -1));
  }

  private isEnd(): boolean {
    return this.position >= this.text.length || "})] ".includes(this.text[this.position] ?? "");
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const [found] = pattern.exec(this.text) ?? [];
    if (found !== undefined) this.position += found.length;
    return found;
  }

  private field(): string {
    return unescaped(this.match(name) ?? this.fail("a field"));
  }

  private bracket(): Step {
    this.skipSpace();
    const step = this.selector();
    this.skipSpace();
    if (!this.take("]")) this.fail("]");
    return step;
  }

  private selector(): Step {
    if (this.take("*")) return { every: true };
    if (this.take("?")) return this.filter();
    const first = this.quoted();
    if (first !== undefined) {
      const fields = [first];
      for (;;) {
        this.skipSpace();
        if (!this.take(",")) break;
        this.skipSpace();
        fields.push(this.quoted() ?? this.fail("a field in quotes"));
      }
      return { fields };
    }
    const [, from = "", colon, to = ""] = /^(-?\d{0,9})(:)?(-?\d{1,9})?/.exec(this.text.slice(this.position)) ?? [];
    this.position += from.length + (colon?.length ?? 0) + to.length;
    if (colon !== undefined) return { from: from === "" ? 0 : Number(from), to: to === "" ? Infinity : Number(to) };
    if (from === "" || from === "-") this.fail("a number, *, a field in quotes or ?(filter)");
    return { index: Number(from) };
  }

  private filter(): Step {
    if (!this.take("(")) this.fail("(");
    const left = this.operand();
    this.skipSpace();
    const operator = (["==", "!=", "<=", ">=", "<", ">"] as const).find((each) => this.take(each));
    const right = operator && this.operand();
    this.skipSpace();
    if (!this.take(")")) this.fail("a comparison or )");
    return { left, ...(operator && right && { operator, right }) };
  }

  private operand(): Operand {
    this.skipSpace();
    const text = this.quoted();
    if (text !== undefined) return { literal: text };
    const word = this.match(/-?\d{1,15}(?:\.\d{1,15})?|true|false|null/y);
    if (word !== undefined) return { literal: JSON.parse(word) as number | boolean | null };
    if (!/[@$.]/.test(this.text[this.position] ?? "")) this.fail("@.field, a number or text in quotes");
    return this.path();
  }
}

const unescaped = (text: string): string =>
  text.replaceAll(/\\(.)/g, (_, character: string) => ({ n: "\n", t: "\t", r: "\r" })[character] ?? character);

/** Values that a path may find: what `..` finds may be much more than there is. */
const maxValues = 100_000;

/** The values at a path, in order. @throws JsonPathError for more than 100,000 */
export function valuesAt({ isAbsolute, steps }: Path, current: unknown, root: unknown): readonly unknown[] {
  let values: readonly unknown[] = [isAbsolute ? root : current];
  for (const step of steps) {
    values = values.flatMap((value) => follow(step, value, root));
    if (values.length > maxValues) throw new JsonPathError(`finds more than ${maxValues} values`);
  }
  return values;
}

function follow(step: Step, value: unknown, root: unknown): readonly unknown[] {
  if ("fields" in step) {
    if (!isObject(value)) return [];
    return step.fields.flatMap((field) => (Object.hasOwn(value, field) ? [member(value, field)] : []));
  }
  if ("index" in step) {
    const item = isList(value) ? value.at(step.index) : undefined;
    return item === undefined ? [] : [item];
  }
  if ("from" in step) return isList(value) ? value.slice(step.from, step.to) : [];
  if ("every" in step) return isList(value) ? value : isObject(value) ? Object.values(value) : [];
  if ("below" in step) return [...everythingBelow(value)];
  return (isList(value) ? value : []).filter((item) => isMatch(step, item, root));
}

function* everythingBelow(value: unknown): Generator {
  yield value;
  if (isList(value)) for (const item of value) yield* everythingBelow(item);
  else if (isObject(value)) for (const each of Object.values(value)) yield* everythingBelow(each);
}

function isMatch({ left, operator, right }: Extract<Step, { left: Operand }>, item: unknown, root: unknown): boolean {
  const found = valuesOf(left, item, root);
  if (operator === undefined || right === undefined) return found.length > 0;
  const wanted = valuesOf(right, item, root);
  return found.some((a) => wanted.some((b) => compare(a, b, operator)));
}

const valuesOf = (operand: Operand, item: unknown, root: unknown): readonly unknown[] =>
  "literal" in operand ? [operand.literal] : valuesAt(operand, item, root);

function compare(a: unknown, b: unknown, operator: Operator): boolean {
  if (operator === "==") return a === b;
  if (operator === "!=") return a !== b;
  const isComparable =
    (typeof a === "number" && typeof b === "number") || (typeof a === "string" && typeof b === "string");
  if (!isComparable) return false;
  const [x, y] = [a, b] as [number, number];
  return operator === "<" ? x < y : operator === "<=" ? x <= y : operator === ">" ? x > y : x >= y;
}
