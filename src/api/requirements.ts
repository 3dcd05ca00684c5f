/**
 * Requirements of a task, from `spec.taskRequirements` of a CodeRun: YAML in base64. Pure.
 *
 * ```yaml
 * secrets:
 *   - name: database # all its keys, as variables of their names
 *   - name: api
 *     keys: [{ token: API_TOKEN }] # key of the Secret: name of the variable
 * environment:
 *   LOG_LEVEL: debug
 * ```
 */
import { parseBoundedDocument, YamlBoundsError } from "../runtime/input/bounded-yaml.js";
import { isList, isObject, type JsonObject } from "../runtime/schema/json.js";
import { isDnsSubdomain } from "../runtime/schema/object-meta.js";

export interface Requirements {
  /** Secrets of which all keys become variables. */
  readonly wholeSecrets: readonly string[];
  readonly variables: readonly { readonly name: string; readonly secretName: string; readonly secretKey: string }[];
  readonly environment: Readonly<Record<string, string>>;
}

/** A problem of a text of requirements; never contains one of its values. */
export interface RequirementProblem {
  readonly severity: "error" | "warning";
  /** `secrets[0].keys[1]`; empty where it is about the whole. */
  readonly path: string;
  /** A clause that says what to write instead. */
  readonly message: string;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]{0,252}$/;
const secretKey = /^[-._a-zA-Z0-9]{1,253}$/;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Of each list or map. */
const most = 128;
/** Bytes of the YAML. Values that need more belong in a Secret or in the repository. */
const maxBytes = 16 * 1024;
/** Enough for the most items and variables that are allowed. */
const maxTokens = 8_000;
/** Characters of the base64 of as many bytes, without line breaks. */
const maxEncoded = Math.ceil(maxBytes / 3) * 4;

/** The valid requirements of a text, and the problems of the rest. Empty text requires nothing. */
export function readRequirements(text: string): {
  readonly requirements: Requirements;
  readonly problems: readonly RequirementProblem[];
} {
  const reading = new Reading();
  const content = reading.content(text);
  if (content !== undefined) reading.all(content);
  reading.together();
  const { wholeSecrets, variables, environment, problems } = reading;
  return { requirements: { wholeSecrets, variables, environment: Object.fromEntries(environment) }, problems };
}

class Reading {
  readonly wholeSecrets: string[] = [];
  readonly variables: { name: string; secretName: string; secretKey: string }[] = [];
  readonly environment = new Map<string, string>();
  readonly problems: RequirementProblem[] = [];

  /** Records an error; returns undefined, the value that can then be read. */
  #error<T>(path: string, message: string): T | undefined {
    this.problems.push({ severity: "error", path, message });
    return undefined;
  }

  content(wrapped: string): JsonObject | undefined {
    // no encoder breaks lines so often that they double the length
    const text = wrapped.length > 2 * maxEncoded ? wrapped : wrapped.replaceAll(/\s/g, "");
    if (text.length > maxEncoded)
      return this.#error("", `has more than ${maxBytes} bytes once decoded; move values to a Secret or the repository`);
    if (!base64.test(text)) return this.#error("", "is not base64; encode the YAML with `base64 -w0`");
    let value: unknown;
    try {
      const plain = new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "base64"));
      const document = parseBoundedDocument(plain, { maxBytes, maxTokens }, { stringKeys: true });
      const [problem] = document.errors;
      if (problem !== undefined) {
        const [line] = problem.linePos ?? [];
        return this.#error("", `is invalid YAML once decoded: ${problem.code} in line ${line?.line ?? 1}`);
      }
      value = document.toJS({ maxAliasCount: 100 });
    } catch (error) {
      if (error instanceof YamlBoundsError) return this.#error("", `${error.message} (once decoded)`);
      return this.#error("", "is not YAML once decoded, in UTF-8 and without endless aliases");
    }
    if (value === null) return undefined;
    return isObject(value) ? value : this.#error("", "must be a map with `secrets` and `environment`");
  }

  all({ secrets, environment, ...others }: JsonObject): void {
    for (const key of Object.keys(others))
      this.problems.push({ severity: "warning", path: key, message: "has no effect: unknown field" });
    this.#items("secrets", secrets).forEach((secret, index) => this.#secret(secret, `secrets[${index}]`));
    if ((environment ?? null) === null) return;
    if (!isObject(environment)) return void this.#error("environment", "must be a map of variables");
    const names = Object.keys(environment);
    if (names.length > most)
      return void this.#error("environment", `has ${names.length} variables, but at most ${most} are allowed`);
    for (const name of names) this.#plain(name, environment[name]);
  }

  /** One variable has one value. */
  together(): void {
    const known = new Set(this.environment.keys());
    for (const { name } of this.variables) {
      if (known.has(name))
        this.#error(
          `environment.${name}`,
          "has two values, by `environment` and `secrets` or by two keys; leave one out",
        );
      known.add(name);
    }
  }

  #items(path: string, value: unknown): readonly unknown[] {
    if ((value ?? null) === null) return [];
    if (!isList(value)) return this.#error(path, "must be a list") ?? [];
    return value.length <= most
      ? value
      : (this.#error(path, `has ${value.length} items, but at most ${most} are allowed`) ?? []);
  }

  #plain(name: string, value: unknown): void {
    const path = `environment.${name}`;
    if (!variableName.test(name))
      return void this.#error(path, "is not a valid variable name; use letters, digits and _");
    if (typeof value !== "string") return void this.#error(path, "must be a string; put it in quotes");
    if (value.includes("\0")) return void this.#error(path, "must not contain the NUL character");
    this.environment.set(name, value);
  }

  #secret(secret: unknown, path: string): void {
    if (!isObject(secret))
      return void this.#error(path, "must be a map with `name`, and `keys` for some of its keys only");
    const { name, keys, ...others } = secret;
    for (const key of Object.keys(others))
      this.problems.push({
        severity: "warning",
        path: `${path}.${key}`,
        message: "has no effect: unknown field",
      });
    if (typeof name !== "string" || !isDnsSubdomain(name))
      return void this.#error(`${path}.name`, "must be the name of a Secret, such as my-secret");
    if ((keys ?? null) === null) {
      this.wholeSecrets.push(name);
      return;
    }
    // one map of all, or a list of maps
    const maps = isObject(keys) ? [keys] : this.#items(`${path}.keys`, keys);
    maps.forEach((map, index) => this.#keys(name, map, isObject(keys) ? `${path}.keys` : `${path}.keys[${index}]`));
  }

  #keys(secretName: string, map: unknown, path: string): void {
    if (!isObject(map))
      return void this.#error(path, "must be a map from a key of the Secret to the name of a variable");
    for (const [key, name] of Object.entries(map)) {
      if (!secretKey.test(key)) this.#error(`${path}.${key}`, "is not a valid key of a Secret");
      else if (typeof name !== "string" || !variableName.test(name))
        this.#error(`${path}.${key}`, "must be the name of a variable; use letters, digits and _");
      else this.variables.push({ name, secretName, secretKey: key });
    }
  }
}
