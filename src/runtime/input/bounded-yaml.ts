/**
 * Parses YAML that anybody may have written. The parser of the library `yaml` recurses with the nesting of its input, and at
 * the end of the stack V8 may abort the process where no catch helps; it also compares each key of a map with all others.
 * So bytes, nesting, tokens and aliases are bounded on the token stream, which is read without recursion, before anything
 * is composed, and duplicate keys are found in linear time afterwards.
 */
import { Composer, isMap, isPair, isScalar, isSeq, Lexer, LineCounter, Parser, YAMLParseError } from "yaml";
import type { CST, Document, DocumentOptions, Node, ParseOptions, SchemaOptions, YAMLError } from "yaml";

export interface YamlBounds {
  /** Bytes of the text in UTF-8. */
  readonly maxBytes: number;
  /** Collections inside each other. Default 64. */
  readonly maxDepth?: number;
  /** Tokens, which bound keys, items and processor time. Default 20,000. */
  readonly maxTokens?: number;
  /** Aliases (`*name`). Default 100. */
  readonly maxAliases?: number;
}

/**
 * Bounds for a file that a user of the command line names, such as a manifest, Helm values or a kubeconfig: far beyond
 * what people write, and well below what would exhaust the stack or the memory.
 */
export const fileBounds: YamlBounds = {
  maxBytes: 16 * 1024 * 1024,
  maxDepth: 256,
  maxTokens: 2_000_000,
  maxAliases: 10_000,
};

/**
 * The text exceeds a bound. The message is a clause with the remedy and without the text's values, such as
 * `is nested deeper than 64 levels; flatten it`.
 */
export class YamlBoundsError extends Error {
  override readonly name = "YamlBoundsError";
}

export type YamlOptions = ParseOptions & DocumentOptions & SchemaOptions;

/**
 * The documents of a text. Syntax errors, duplicate keys, and keys that are no scalars are in the `errors` of each document,
 * with positions; the value of a document with errors is for nobody, and can take long to compute.
 *
 * @throws YamlBoundsError before anything is composed
 */
export function parseBoundedDocuments(text: string, bounds: YamlBounds, options: YamlOptions = {}): Document.Parsed[] {
  return [...boundedDocuments(text, bounds, options)];
}

/**
 * The same documents, one at a time: for a text with thousands of them, of which only their values are kept.
 *
 * @throws YamlBoundsError when the document that exceeds a bound is reached, before it is composed
 */
export function* boundedDocuments(
  text: string,
  bounds: YamlBounds,
  options: YamlOptions = {},
): Generator<Document.Parsed, void> {
  const lines = options.lineCounter ?? new LineCounter();
  // prettyErrors of the library would need the line counter that only its own entry points have
  const composer = new Composer({ ...options, uniqueKeys: false });
  const finished = function* (compose: () => Iterable<Document.Parsed>): Generator<Document.Parsed, void> {
    yield* withoutStackTraces(() => {
      const documents = [...compose()];
      for (const document of documents) {
        addKeyErrors(document, options);
        for (const error of [...document.errors, ...document.warnings]) locate(error, lines);
      }
      return documents;
    });
  };
  for (const token of tokensOf(text, bounds, lines)) yield* finished(() => composer.next(token));
  yield* finished(() => composer.end(false, text.length));
}

/**
 * The only document of a text; an empty one if the text has none. A second document is an error of the first, as with the
 * library.
 *
 * @throws YamlBoundsError before anything is composed
 */
export function parseBoundedDocument(text: string, bounds: YamlBounds, options: YamlOptions = {}): Document.Parsed {
  const lineCounter = options.lineCounter ?? new LineCounter();
  const [first, second] = parseBoundedDocuments(text, bounds, { ...options, lineCounter });
  if (first === undefined) {
    const [empty] = new Composer(options).compose([], true, text.length);
    if (empty === undefined) throw new Error("a forced document was not composed");
    return empty;
  }
  if (second !== undefined) {
    const [from] = second.range;
    const error = new YAMLParseError([from, from + 1], "MULTIPLE_DOCS", "the text contains more than one document");
    locate(error, lineCounter);
    first.errors.push(error);
  }
  return first;
}

/** Every token can be an error of its own, and V8 takes most of their time to capture where in this file each was made. */
function withoutStackTraces<T>(action: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return action();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Adds line and column to an error and its message, as the library's own entry points do. */
function locate(error: YAMLError, lines: LineCounter): void {
  const [from, to] = error.pos;
  const position = lines.linePos(from);
  error.linePos = [position, lines.linePos(to)];
  error.message += ` at line ${position.line}, column ${position.col}`;
}

/** The tokens of whole documents and of what is between them. */
function* tokensOf(text: string, bounds: YamlBounds, lines: LineCounter): Generator<CST.Token, void> {
  const { maxBytes, maxDepth = 64, maxTokens = 20_000, maxAliases = 100 } = bounds;
  if (text.length > maxBytes || Buffer.byteLength(text) > maxBytes)
    throw new YamlBoundsError(`has more than ${maxBytes} bytes; shorten it`);
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  let lexemes = 0;
  let aliases = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemes += 1;
    if (lexemes > maxTokens) throw new YamlBoundsError(`has more than ${maxTokens} tokens; shorten it`);
    if (lexeme.startsWith("*")) aliases += 1;
    if (aliases > maxAliases) throw new YamlBoundsError(`has more than ${maxAliases} aliases; write the values out`);
    const done = [...parser.next(lexeme)];
    // the document itself is on the stack, too
    if (parser.stack.length > maxDepth + 1)
      throw new YamlBoundsError(`is nested deeper than ${maxDepth} levels; flatten it`);
    yield* done;
  }
  yield* parser.end();
}

/**
 * Adds an error for every key that its map holds before, as the library does, but with a set for each map; and for every key
 * that is no scalar: the library writes such a key out as text for the map around it, once for each level of nesting.
 */
function addKeyErrors(document: Document.Parsed, { uniqueKeys, stringKeys }: YamlOptions): void {
  const add = (key: Node | null, code: "DUPLICATE_KEY" | "NON_STRING_KEY", message: string): void => {
    const [from, to] = key?.range ?? [0, 1];
    document.errors.push(new YAMLParseError([from, to], code, message));
  };
  const open: (Node | null)[] = [document.contents];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (isSeq<Node>(node)) for (const item of node.items) open.push(isPair(item) ? (item.value as Node) : item);
    if (!isMap<Node, Node | null>(node)) continue;
    const known = new Set<unknown>();
    for (const { key, value } of node.items) {
      open.push(value);
      if (!isScalar(key)) {
        // with the option, the library has said so
        if (stringKeys !== true) add(key, "NON_STRING_KEY", compoundKey);
        continue;
      }
      if (known.has(key.value) && uniqueKeys !== false) add(key, "DUPLICATE_KEY", "Map keys must be unique");
      known.add(key.value);
    }
  }
}

const compoundKey = "a map, a list or an alias cannot be a key; put text such as {{ name }} in quotes";
