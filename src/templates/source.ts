import { builtInTemplates } from "./builtin.js";
import { templateOfKey } from "./files.js";
import { TemplateError } from "./problem.js";
import { Templates } from "./templates.js";

/** What became of an update. */
export interface TemplateReload {
  /** False: there are mistakes, and the set before stays. */
  readonly accepted: boolean;
  readonly problems: readonly TemplateError[];
}

/**
 * Holds the templates in force: the built-in ones, and over them those of a ConfigMap. A set is used as a whole or not at
 * all: it is compiled and tried with sample runs first, and while it has a mistake the one before it stays.
 */
export class TemplateSource {
  readonly #builtIn: ReadonlyMap<string, string>;
  #current: Templates | undefined;

  constructor(builtIn: ReadonlyMap<string, string> = builtInTemplates()) {
    this.#builtIn = builtIn;
  }

  /** The built-in ones are compiled when they are first asked for: a start has better things to do. */
  current(): Templates {
    return (this.#current ??= new Templates(this.#builtIn));
  }

  /** Takes the data of the ConfigMap, with `_` for `/` in its keys; `undefined` where it is gone: the built-in ones alone. */
  update(overrides: Readonly<Record<string, string>> | undefined): TemplateReload {
    const texts = new Map(this.#builtIn);
    const problems: TemplateError[] = [];
    for (const [key, text] of Object.entries(overrides ?? {})) {
      const template = templateOfKey(key, this.#builtIn.keys());
      if (template === undefined) problems.push(new TemplateError(key, 1, 1, unknownKey));
      else texts.set(template, text);
    }
    if (problems.length === 0) problems.push(...Templates.check(texts));
    if (problems.length === 0) this.#current = new Templates(texts);
    return { accepted: problems.length === 0, problems };
  }
}

const unknownKey =
  "overrides no template; keys are code_<file>.hbs, docs_<file>.hbs of built-in ones, code_hooks_<name>.hbs, docs_hooks_<name>.hbs, agents_<name>.hbs and shared_<name>.hbs";
