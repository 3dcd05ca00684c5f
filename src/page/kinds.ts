/** The kinds of runs, by the words that URLs, filters and headings use. */

export interface Kind {
  /** In filters and URLs of lists. */
  readonly word: "taskrun" | "coderun" | "docsrun";
  /** In paths. */
  readonly plural: "taskruns" | "coderuns" | "docsruns";
  readonly kind: "TaskRun" | "CodeRun" | "DocsRun";
}

/** In the order in which filters show them. */
export const kinds: readonly Kind[] = [
  { word: "taskrun", plural: "taskruns", kind: "TaskRun" },
  { word: "coderun", plural: "coderuns", kind: "CodeRun" },
  { word: "docsrun", plural: "docsruns", kind: "DocsRun" },
];

/** The kind with a word, plural or kind; undefined for other text. */
export function kindOf(text: string): Kind | undefined {
  return kinds.find(({ word, plural, kind }) => word === text || plural === text || kind === text);
}
