/**
 * An interpreter for the grammar of Handlebars. Handlebars itself compiles a template to JavaScript and runs it. Templates
 * come from a ConfigMap, so this interpreter never generates code, counts every step, reads own members only, and reports
 * an unknown name as an error everywhere (the `strict` option of Handlebars does not cover `#if` and arguments).
 */
import { errorText } from "../runtime/error-text.js";
import { helperNames, helperOf, isTrue, textOf } from "./helpers.js";
import { suggestion } from "../suggestion.js";
import { nearestVariable } from "./known-names.js";
import { oldValue } from "./old-names.js";
import { parseTemplate, type Program } from "./parse.js";
import {
  Frame,
  State,
  defaultBounds,
  entriesOf,
  inner,
  orUnknown,
  unknown,
  withArguments,
  type Bounds,
} from "./rendering.js";
import { shellProblem } from "./shell-values.js";
import { TemplateError, TemplateErrors } from "./problem.js";

/** Maximum nesting depth, so that no template can overflow the stack. */
const deepest = 64;

/** A compiled template. Immutable. */
export interface Template {
  /** @throws TemplateError */
  render(variables: object, bounds?: Bounds): string;
  /**
   * Evaluates every branch, whatever its condition, and returns the errors in all of them. Every variable that the template
   * may use must have a value, and every list at least one item.
   */
  explore(variables: object, bounds?: Bounds): readonly TemplateError[];
}

/** The texts of other templates by name, for `{{> name}}`; undefined if there is no such template. */
export type Partials = (name: string) => string | undefined;

/** A template and the errors of its text. */
export interface Compiled {
  /** Statements with errors render nothing. */
  readonly template: Template;
  readonly problems: readonly TemplateError[];
}

/**
 * @param file name of the template, for errors
 * @throws TemplateError, or TemplateErrors if there are several
 */
export function compileTemplate(file: string, text: string, partials: Partials = () => undefined): Template {
  const { template, problems } = checkTemplate(file, text, partials);
  const [first, ...others] = problems;
  if (first !== undefined) throw others.length === 0 ? first : new TemplateErrors(problems);
  return template;
}

/** Compiles what can be compiled, so that the rest of a template with errors can be explored for others. */
export function checkTemplate(file: string, text: string, partials: Partials = () => undefined): Compiled {
  const problems: TemplateError[] = [];
  const body = new Compiler(file, partials, [file], problems).text(text, 0);
  const template: Template = {
    render(variables, bounds = defaultBounds) {
      const state = new State(bounds);
      body(new Frame(variables, variables), state);
      return state.output;
    },
    explore(variables, bounds = defaultBounds) {
      const found: TemplateError[] = [];
      try {
        body(new Frame(variables, variables), new State(bounds, found));
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        found.push(error);
      }
      return found;
    },
  };
  return { template, problems };
}

type Statement = Program["body"][number];
type Run = (frame: Frame, state: State) => void;
type Evaluate = (frame: Frame, state: State) => unknown;

interface Place {
  readonly loc: { readonly start: { readonly line: number; readonly column: number } };
}

class Compiler {
  constructor(
    private readonly file: string,
    private readonly partials: Partials,
    /** The templates that include this one, outermost first, to detect cycles. */
    private readonly within: readonly string[],
    /** Receives the errors; what has one renders nothing. */
    private readonly problems: TemplateError[],
  ) {}

  text(text: string, depth: number): Run {
    return this.#collected(() => this.program(parseTemplate(this.file, text), depth));
  }

  program(program: Program, depth: number): Run {
    let line = "";
    const statements = program.body.map((statement) => {
      if (statement.type === "ContentStatement")
        line = `${line}${(statement as hbs.AST.ContentStatement).value}`.replace(/^[^]*\n/, "");
      if (statement.type === "MustacheStatement") this.#checkShell(statement as hbs.AST.MustacheStatement, line);
      return this.#collected(() => this.#statement(statement, depth));
    });
    return (frame, state) => {
      for (const run of statements) state.tried(() => run(frame, state));
    };
  }

  /** A template that becomes a script, and what such a template includes. */
  #checkShell(statement: hbs.AST.MustacheStatement, line: string): void {
    if (!this.within.some((file) => file.endsWith(".sh.hbs"))) return;
    const problem = shellProblem(statement, line);
    if (problem !== undefined) this.problems.push(this.#error(statement, problem));
  }

  #collected(compile: () => Run): Run {
    try {
      return compile();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      this.problems.push(error);
      return () => undefined;
    }
  }

  #statement(statement: Statement, depth: number): Run {
    const run = this.#untimed(statement, depth);
    return (frame, state) =>
      this.#at(statement, () => {
        state.step();
        run(frame, state);
      });
  }

  #untimed(statement: Statement, depth: number): Run {
    if (depth > deepest) throw this.#error(statement, `is nested deeper than ${deepest}`);
    switch (statement.type) {
      case "ContentStatement": {
        const { value } = statement as hbs.AST.ContentStatement;
        return (_frame, state) => state.write(value);
      }
      case "CommentStatement":
        return () => undefined;
      case "MustacheStatement":
        return this.#mustache(statement as hbs.AST.MustacheStatement, depth);
      case "BlockStatement":
        return this.#block(statement as hbs.AST.BlockStatement, depth);
      case "PartialStatement":
        return this.#partial(statement as hbs.AST.PartialStatement, depth);
      default:
        throw this.#error(statement, "is not supported here: no inline partials, partial blocks or decorators");
    }
  }

  #mustache(statement: hbs.AST.MustacheStatement, depth: number): Run {
    const value = this.#call(statement, depth);
    const name = "original" in statement.path ? statement.path.original : "it";
    return (frame, state) => {
      const result = value(frame, state);
      if (result === unknown) return;
      try {
        state.write(textOf(result));
      } catch (error) {
        throw this.#error(statement, `${statement.params.length > 0 ? "its result" : name} ${errorText(error)}`, error);
      }
    };
  }

  #block(block: hbs.AST.BlockStatement, depth: number): Run {
    this.#noHash(block);
    const name = block.path.original;
    const [argument] = block.params;
    if (!["if", "unless", "each", "with"].includes(name))
      throw this.#error(block, `unknown block ${quoted(name)}; known blocks: if, unless, each, with`);
    if (argument === undefined || block.params.length > 1) throw this.#error(block, `${name} takes one argument`);
    const value = this.#expression(argument, depth);
    // either may be missing, although the types of Handlebars declare both
    const [main, inverse] = [block.program, block.inverse].map((program: Program | undefined) =>
      program === undefined ? () => undefined : this.program(program, depth + 1),
    ) as [Run, Run];
    const names = (block.program as Program | undefined)?.blockParams ?? [];
    const choose = (condition: boolean, frame: Frame, state: State): void => {
      if (condition || state.exploring) main(frame, state);
      if (!condition || state.exploring) inverse(frame, state);
    };
    if (name === "if" || name === "unless")
      return (frame, state) => {
        const condition = isTrue(state.tried(() => value(frame, state)));
        choose(condition === (name === "if"), frame, state);
      };
    if (name === "with")
      return (frame, state) => {
        const here = orUnknown(state, () => value(frame, state));
        const named = names[0] === undefined ? {} : { [names[0]]: here };
        if (isTrue(here)) main(inner(frame, here, frame.data, named), state);
        if (!isTrue(here) || state.exploring) inverse(frame, state);
      };
    return (frame, state) => {
      const entries = entriesOf(orUnknown(state, () => value(frame, state)));
      entries.forEach(([key, item], index) => {
        state.step();
        const data = { index, key, first: index === 0, last: index === entries.length - 1 };
        const named = Object.fromEntries(names.map((each, place) => [each, place === 0 ? item : key]));
        main(inner(frame, item, data, named), state);
      });
      if (entries.length === 0 || state.exploring) inverse(frame, state);
    };
  }

  /** `{{> name}}`, `{{> name context}}` or `{{> name key=value}}`: the arguments are added to the variables around it. */
  #partial(statement: hbs.AST.PartialStatement, depth: number): Run {
    const name = statement.name.type === "PathExpression" ? statement.name.original : "";
    if (name === "" || statement.params.length > 1)
      throw this.#error(statement, "a partial must be a plain name, with a context or named arguments at most");
    const text = this.partials(name);
    if (text === undefined) throw this.#error(statement, `unknown template ${quoted(name)}`);
    const file = `${name}.hbs`;
    if (this.within.includes(file))
      throw this.#error(statement, `include cycle: ${[...this.within, file].join(" > ")}`);
    const [context] = statement.params.map((each) => this.#expression(each, depth + 1));
    const hash = statement.hash as hbs.AST.Hash | undefined;
    const pairs = (hash?.pairs ?? []).map(({ key, value }) => [key, this.#expression(value, depth + 1)] as const);
    const run = new Compiler(file, this.partials, [...this.within, file], this.problems).text(text, depth + 1);
    if (context === undefined && pairs.length === 0) return run;
    return (frame, state) => {
      const here = context === undefined ? frame.here : orUnknown(state, () => context(frame, state));
      const given = Object.fromEntries(pairs.map(([key, value]) => [key, orUnknown(state, () => value(frame, state))]));
      run(inner(frame, withArguments(here, given), frame.data, {}), state);
    };
  }

  /** `{{name}}`, `{{helper arguments}}` or `(helper arguments)`. */
  #call(node: hbs.AST.MustacheStatement | hbs.AST.SubExpression, depth: number): Evaluate {
    this.#noHash(node);
    const path = node.path;
    if (node.params.length === 0 && node.type === "MustacheStatement") return this.#expression(path, depth);
    const name = "parts" in path ? path.original : "";
    const helper = helperOf(name);
    if (helper === undefined)
      throw this.#error(
        node,
        `unknown helper ${quoted(name)}; ${meantHelper(name)}known helpers: ${helperNames.join(", ")}`,
      );
    const [fewest, most] = helper.arity;
    if (node.params.length < fewest || node.params.length > most)
      throw this.#error(node, `${name} takes ${fewest === most ? fewest : `${fewest} to ${most}`} arguments`);
    const values = node.params.map((each) => this.#expression(each, depth + 1));
    return (frame, state) => {
      const given = values.map((each) => orUnknown(state, () => each(frame, state)));
      if (given.includes(unknown)) return unknown;
      try {
        const result = helper.call(...given);
        state.worked(result);
        return result;
      } catch (error) {
        throw this.#error(node, `${name}: ${errorText(error)}`, error);
      }
    };
  }

  #expression(expression: hbs.AST.Expression, depth: number): Evaluate {
    if (depth > deepest) throw this.#error(expression, `is nested deeper than ${deepest}`);
    switch (expression.type) {
      case "SubExpression": {
        const value = this.#call(expression as hbs.AST.SubExpression, depth);
        return (frame, state) => this.#at(expression, () => (state.step(), value(frame, state)));
      }
      case "StringLiteral":
      case "NumberLiteral":
      case "BooleanLiteral": {
        const { value } = expression as hbs.AST.StringLiteral;
        return () => value;
      }
      case "PathExpression":
        return this.#path(expression as hbs.AST.PathExpression);
      case "NullLiteral":
        return () => null;
      default:
        throw this.#error(expression, "is not supported");
    }
  }

  #path(path: hbs.AST.PathExpression): Evaluate {
    const { original, depth, data } = path;
    const parts = path.parts.map(String);
    const [first = "", ...rest] = parts;
    if (helperOf(original) !== undefined) throw this.#error(path, `${original} is a helper and takes arguments`);
    const relative = /^(this\b|\.)/.test(original);
    return (frame, state) => {
      state.step();
      if (data) {
        if (first === "root") return this.#walk(path, frame, frame.root, rest);
        return this.#walk(path, frame, frame.data, parts);
      }
      let at: Frame = frame;
      for (let up = 0; up < depth; up++) {
        if (at.outer === undefined) throw this.#error(path, `${original} leaves the outermost scope`);
        at = at.outer;
      }
      if (depth === 0 && !relative)
        for (let scope: Frame | undefined = frame; scope !== undefined; scope = scope.outer)
          if (Object.hasOwn(scope.named, first)) return this.#walk(path, frame, scope.named[first], rest);
      return this.#walk(path, frame, at.here, parts);
    };
  }

  /** Reads own members only: templates must not see inherited ones. */
  #walk(path: hbs.AST.PathExpression, { root }: Frame, from: unknown, parts: readonly string[]): unknown {
    let value = from;
    for (const [index, part] of parts.entries()) {
      if (value === unknown) return unknown;
      if (typeof value === "object" && value !== null && Object.hasOwn(value, part)) {
        value = (value as Record<string, unknown>)[part];
        continue;
      }
      const old = index === 0 && parts.length === 1 && !path.data ? oldValue(part, root) : undefined;
      if (old !== undefined) return old;
      const nearest = path.data ? undefined : nearestVariable(path.original, root);
      const meant = nearest === undefined ? "" : `; did you mean ${nearest}?`;
      throw this.#error(path, `unknown variable ${quoted(path.original)}${meant}`);
    }
    return value;
  }

  #noHash({ hash, loc }: Place & { readonly hash?: hbs.AST.Hash }): void {
    if (hash !== undefined) throw this.#error({ loc }, "named arguments are not supported");
  }

  /** Adds the position of the statement to errors without one. */
  #at<T>(place: Place, action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw error instanceof TemplateError ? error : this.#error(place, errorText(error), error);
    }
  }

  #error({ loc: { start } }: Place, reason: string, cause?: unknown): TemplateError {
    return new TemplateError(this.file, start.line, start.column + 1, reason, { cause });
  }
}

const quoted = (name: string): string => JSON.stringify(name);

function meantHelper(name: string): string {
  const meant = suggestion(name, helperNames);
  return meant === undefined ? "" : `did you mean ${meant}? `;
}
