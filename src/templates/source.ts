import { suggestion } from "../suggestion.js";
import { builtInTemplates } from "./builtin.js";
import { keyOfTemplate, reasonWithoutEffect, templateOfKey } from "./files.js";
import type { TemplateProblem } from "./problem.js";
import { Templates } from "./templates.js";

/** The result of an update. */
export interface TemplateReload {
  /** False: the new set has errors, and the previous set stays in force. */
  readonly accepted: boolean;
  readonly problems: readonly TemplateProblem[];
}

/** Texts by key of the ConfigMap, with `_` for `/` in the template's name. */
export type Overrides = Readonly<Record<string, string>>;

/** A set of templates and its problems. */
export interface OverriddenTemplates {
  /** Absent if the problems contain an error. */
  readonly templates?: Templates;
  /** All findings. */
  readonly problems: readonly TemplateProblem[];
}

/** Errors that are reported at once: a denial must stay readable. */
const maxErrors = 50;

/**
 * Applies overrides to the built-in templates, and tries the result with sample runs. Errors come all at once; a key that overrides
 * nothing gives a warning.
 */
export function overrideTemplates(
  overrides: Overrides,
  builtIn: ReadonlyMap<string, string> = builtInTemplates(),
): OverriddenTemplates {
  const texts = new Map(builtIn);
  const byKey = new Map<string, string>();
  const warnings: TemplateProblem[] = [];
  const warn = (key: string, reason: string): void =>
    void warnings.push({ severity: "warning", key, message: `${key} has no effect: ${reason}` });
  for (const [key, text] of Object.entries(overrides)) {
    const template = templateOfKey(key, builtIn.keys());
    if (template === undefined) {
      const known = [...builtIn.keys()].map(keyOfTemplate);
      const meant = suggestion(key, known);
      warn(key, meant === undefined ? unknownKey : `it overrides no template; did you mean ${meant}?`);
    } else if (key !== keyOfTemplate(template) && Object.hasOwn(overrides, keyOfTemplate(template)))
      warn(key, `${keyOfTemplate(template)} is set too`);
    else {
      byKey.set(key, template);
      texts.set(template, text);
    }
  }
  const errors = Templates.check(texts, builtIn);
  if (errors.length > 0) return { problems: [...errors.slice(0, maxErrors), ...warnings] };
  const templates = new Templates(texts);
  for (const [key, template] of byKey) {
    const reason = reasonWithoutEffect(template, templates.includes(template));
    if (reason !== undefined) warn(key, reason);
  }
  return { templates, problems: warnings };
}

const unknownKey =
  "it overrides no template; valid keys are code_<file>.hbs and docs_<file>.hbs of built-in templates, code_hooks_<name>.hbs, docs_hooks_<name>.hbs, agents_<name>.hbs and shared_<name>.hbs";

/**
 * Holds the templates in force: the built-in ones, overridden by those of a ConfigMap. A set takes effect as a whole or not
 * at all: it is first compiled and rendered for sample runs, and a set with an error leaves the previous one in force.
 */
export class TemplateSource {
  readonly #builtIn: ReadonlyMap<string, string>;
  #current: Templates | undefined;
  #hasAccepted = false;

  constructor(builtIn: ReadonlyMap<string, string> = builtInTemplates()) {
    this.#builtIn = builtIn;
  }

  /** The built-in templates are compiled at first use, to keep start-up short. */
  current(): Templates {
    return (this.#current ??= new Templates(this.#builtIn));
  }

  /** Whether a set was accepted, also one without overrides. False: the built-in templates are in force only for lack of another set. */
  get hasAccepted(): boolean {
    return this.#hasAccepted;
  }

  /**
   * Applies the data of the ConfigMap.
   *
   * @param overrides undefined if the ConfigMap does not exist, which leaves only the built-in templates
   */
  update(overrides: Overrides | undefined): TemplateReload {
    const { templates, problems } = overrideTemplates(overrides ?? {}, this.#builtIn);
    if (templates !== undefined) {
      this.#current = templates;
      this.#hasAccepted = true;
    }
    return { accepted: templates !== undefined, problems };
  }
}
