/** What is wrong with a text that is not YAML, for people: one position for each mistake, where it is to be corrected. */
import { isAlias, visit, type Document, type LineCounter, type YAMLError } from "yaml";

/** A mistake in the syntax. */
export interface SyntaxProblem {
  /** Begins with `invalid YAML`; one line, without the position. */
  readonly message: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/**
 * The mistakes in a document. Of errors in its structure only the first, since the others usually follow from it; repeated
 * keys and aliases without an anchor are independent of each other.
 *
 * @param lines the line counter that the document was parsed with
 */
export function syntaxProblems(document: Document, lines: LineCounter): SyntaxProblem[] {
  const inOrder = document.errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const structural = inOrder.find(({ code }) => code !== "DUPLICATE_KEY" && code !== "NON_STRING_KEY");
  const errors = structural === undefined ? inOrder : [structural];
  const found = errors.map((error) => placed(error, document));
  return [...found, ...(found.length === 0 ? wrongAliases(document) : [])].map(({ message, at }) => {
    const { line, col } = lines.linePos(at);
    return { message: `invalid YAML: ${message}`, line, column: col };
  });
}

interface Placed {
  readonly message: string;
  readonly at: number;
}

function placed(error: YAMLError, document: Document): Placed {
  const [at] = error.pos;
  const message = (error.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
  // the library reports the end of the text, which says nothing of where the quote is
  const quote = message.startsWith("Missing closing ") ? openingQuote(document, at) : undefined;
  return quote === undefined ? { message, at } : { message: "this quote is never closed", at: quote };
}

/** Where the quoted text begins that reaches up to an offset. */
function openingQuote(document: Document, end: number): number | undefined {
  let start: number | undefined;
  visit(document, {
    Scalar(_, { type, range }) {
      const isQuoted = type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE";
      if (isQuoted && range && range[0] < end && range[1] >= end) [start] = range;
    },
  });
  return start;
}

/** Aliases without an anchor, and those that contain themselves: the value of such a document would have no end. */
function wrongAliases(document: Document): Placed[] {
  const found: Placed[] = [];
  const anchors = new Map<string, unknown>();
  visit(document, {
    Node(_, node, path) {
      if (!isAlias(node)) {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
        return;
      }
      const anchored = anchors.get(node.source);
      const at = node.range?.[0] ?? 0;
      if (anchored === undefined) {
        const message = `*${node.source} has no anchor &${node.source} before it; put text that begins with * in quotes`;
        found.push({ message, at });
      } else if (path.some((ancestor) => ancestor === anchored))
        found.push({ message: `*${node.source} is inside of its own anchor &${node.source}, which has no end`, at });
    },
  });
  return found;
}
