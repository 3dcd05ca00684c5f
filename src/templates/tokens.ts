/** Bounds the nesting and the length of templates on the tokens of Handlebars, which are read without recursion. */
import Handlebars from "handlebars";
import { TemplateError } from "./problem.js";

/** Blocks and subexpressions inside each other: more than any template may have that is then evaluated. */
const maxDepth = 100;
/** Many times those of the largest built-in template. */
const maxTokens = 20_000;
/** The lexer copies the whole text at each comment, so that their time grows with the square of the text. */
const maxComments = 200;

/** The lexer that Handlebars' parser uses; its type declarations leave it out. */
interface Lexer {
  yy: object;
  readonly yylloc: { readonly first_line: number; readonly first_column: number };
  setInput(text: string): void;
  /** The number of the next token; of some kinds of text none, which the parser skips too. */
  lex(): number;
}

interface Parser {
  readonly lexer: Lexer;
  /** Names of tokens by number. */
  readonly terminals_: Readonly<Record<number, string>>;
}

const { Parser: parser } = Handlebars as unknown as { readonly Parser: Parser };

/** @throws TemplateError where a bound is exceeded; other errors are left to the parser, which stops at the same token */
export function checkTokens(file: string, text: string): void {
  const { lexer } = parser;
  lexer.setInput(text);
  lexer.yy = {};
  /** Of each open block, the levels that end with it: itself, and one for each `else if`. */
  const blocks: number[] = [];
  let depth = 0;
  let comments = 0;
  for (let count = 1; ; count++) {
    const name = nextToken(lexer);
    if (name === undefined || name === "EOF") return;
    if (opening.has(name)) {
      depth += 1;
      if (name === "OPEN_INVERSE_CHAIN" && blocks.length > 0) blocks.push((blocks.pop() ?? 0) + 1);
      else if (name !== "OPEN_SEXPR") blocks.push(1);
    } else if (name === "CLOSE_SEXPR") depth -= 1;
    else if (name === "OPEN_ENDBLOCK" || name === "END_RAW_BLOCK") depth -= blocks.pop() ?? 0;
    else if (name === "COMMENT") comments += 1;
    const problem =
      depth > maxDepth
        ? `is nested deeper than ${maxDepth} levels; flatten it`
        : count > maxTokens
          ? `has more than ${maxTokens} tokens; shorten it`
          : comments > maxComments
            ? `has more than ${maxComments} comments; combine some`
            : undefined;
    const { first_line: line, first_column: column } = lexer.yylloc;
    if (problem !== undefined) throw new TemplateError(file, line, column + 1, problem);
  }
}

const opening: ReadonlySet<string> = new Set([
  ...["OPEN_SEXPR", "OPEN_BLOCK", "OPEN_INVERSE", "OPEN_INVERSE_CHAIN", "OPEN_RAW_BLOCK", "OPEN_PARTIAL_BLOCK"],
]);

/** Undefined if the text cannot be read any further. */
function nextToken(lexer: Lexer): string | undefined {
  try {
    return parser.terminals_[lexer.lex()];
  } catch {
    return undefined;
  }
}
