import { builtInTemplates } from "./builtin.js";
import { reasonWithoutEffect, templateOfKey } from "./files.js";
import { TemplateError, type TemplateProblem } from "./problem.js";
import { Templates } from "./templates.js";

/** The result of an update. */
export interface TemplateReload {
  /** False: the new set has errors, and the previous set stays in force. */
  readonly accepted: boolean;
  /** Errors if the set was rejected, otherwise warnings. */
  readonly problems: readonly TemplateProblem[];
}

/**
 * Holds the templates in force: the built-in ones, overridden by those of a ConfigMap. A set takes effect as a whole or not
 * at all: it is first compiled and rendered for sample runs, and a set with an error leaves the previous one in force.
 */
export class TemplateSource {
  readonly #builtIn: ReadonlyMap<string, string>;
  #current: Templates | undefined;

  constructor(builtIn: ReadonlyMap<string, string> = builtInTemplates()) {
    this.#builtIn = builtIn;
  }

  /** The built-in templates are compiled at first use, to keep start-up short. */
  current(): Templates {
    return (this.#current ??= new Templates(this.#builtIn));
  }

  /**
   * Applies the data of the ConfigMap.
   *
   * @param overrides texts by key, with `_` for `/` in the template's name; undefined if the ConfigMap does not exist, which leaves
   * only the built-in templates
   */
  update(overrides: Readonly<Record<string, string>> | undefined): TemplateReload {
    const texts = new Map(this.#builtIn);
    const templates = new Map<string, string>();
    const errors: TemplateError[] = [];
    for (const [key, text] of Object.entries(overrides ?? {})) {
      const template = templateOfKey(key, this.#builtIn.keys());
      if (template === undefined) errors.push(new TemplateError(key, 1, 1, unknownKey));
      else {
        templates.set(key, template);
        texts.set(template, text);
      }
    }
    if (errors.length === 0) errors.push(...Templates.check(texts));
    if (errors.length > 0) return { accepted: false, problems: errors };
    const set = new Templates(texts);
    this.#current = set;
    const problems = [...templates].flatMap(([key, template]): TemplateProblem[] => {
      const reason = reasonWithoutEffect(template, set.includes(template));
      return reason === undefined ? [] : [{ severity: "warning", message: `${key} has no effect: ${reason}` }];
    });
    return { accepted: true, problems };
  }
}

const unknownKey =
  "overrides no template; valid keys are code_<file>.hbs and docs_<file>.hbs of built-in templates, code_hooks_<name>.hbs, docs_hooks_<name>.hbs, agents_<name>.hbs and shared_<name>.hbs";
