/**
 * Reading untrusted YAML values into types: each reader gives the value, or notes what is wrong, where, and what to
 * write instead, and gives nothing; so one pass finds every mistake.
 */

/** Something about a configuration that its author should know. */
export interface Problem {
  /** Only an error keeps the configuration from being used. */
  readonly severity: "error" | "warning";
  /** `job.backoffLimit`, `agent.env[0].name`, or the environment variable's name. */
  readonly path: string;
  /** What is wrong and what to write instead. Without the path. */
  readonly message: string;
}

/** A value's place and where its problems are noted. */
export class Place {
  constructor(
    readonly path: string,
    readonly problems: Problem[],
  ) {}

  field(name: string): Place {
    return new Place(this.path === "" ? name : `${this.path}.${name}`, this.problems);
  }

  item(index: number): Place {
    return new Place(`${this.path}[${index}]`, this.problems);
  }

  /** Notes an error, and gives the nothing that a reader then has to give. */
  error<T>(message: string): T | undefined {
    this.problems.push({ severity: "error", path: this.path, message });
    return undefined;
  }

  warning(message: string): void {
    this.problems.push({ severity: "warning", path: this.path, message });
  }
}

export type Reader<T> = (value: unknown, place: Place) => T | undefined;

/** The value in an error message: short, on one line. */
function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  return text === undefined ? "nothing" : text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

export function text(rule?: { readonly pattern: RegExp; readonly meaning: string }): Reader<string> {
  return (value, place) => {
    if (typeof value !== "string") return place.error(`must be a string, is ${shown(value)}: put it in quotes`);
    if (value === "") return place.error("must not be empty: write a value or remove the key");
    if (value.length > 1024) return place.error("must have at most 1024 characters");
    if (rule !== undefined && !rule.pattern.test(value))
      return place.error(`must be ${rule.meaning}, is ${shown(value)}`);
    return value;
  };
}

export function integer(least: number, most: number): Reader<number> {
  return (value, place) =>
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most
      ? value
      : place.error(`must be a whole number from ${least} to ${most}, is ${shown(value)}`);
}

export const boolean: Reader<boolean> = (value, place) =>
  typeof value === "boolean" ? value : place.error(`must be true or false, is ${shown(value)}`);

export function oneOf<const T extends string>(choices: readonly T[]): Reader<T> {
  return (value, place) =>
    choices.find((choice) => choice === value) ??
    place.error(`must be one of ${choices.join(", ")}, is ${shown(value)}`);
}

/** A Kubernetes resource quantity; numbers are accepted as YAML writers expect (`cpu: 1`). */
export const quantity: Reader<string> = (value, place) => {
  const written = typeof value === "number" ? String(value) : value;
  return typeof written === "string" && /^\d+(\.\d+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|e\d{1,2})?$/.test(written)
    ? written
    : place.error(`must be a quantity such as "500m", "2" or "4Gi", is ${shown(value)}`);
};

export function list<T>(item: Reader<T>, most = 64): Reader<T[]> {
  return (value, place) => {
    if (!Array.isArray(value)) return place.error(`must be a list, is ${shown(value)}`);
    if (value.length > most) return place.error(`must have at most ${most} items, has ${value.length}`);
    const read = value.map((each: unknown, index) => item(each, place.item(index)));
    return read.every((each) => each !== undefined) ? read : undefined;
  };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A map with free keys. */
export function mapOf<T>(item: Reader<T>): Reader<Record<string, T>> {
  return (value, place) => {
    if (!isMap(value)) return place.error(`must be a map, is ${shown(value)}`);
    const read = Object.entries(value).map(([key, each]) => [key, item(each, place.field(key))] as const);
    const good = read.filter((entry): entry is readonly [string, NonNullable<T>] => entry[1] !== undefined);
    return Object.fromEntries<T>(good);
  };
}

type Fields = Readonly<Record<string, Reader<unknown>>>;
type Read<F extends Fields> = { [Key in keyof F]?: F[Key] extends Reader<infer T> ? T : never };

/** A map with known keys, all optional. Others are told to the author, and passed over. An empty section is none. */
export function section<F extends Fields>(fields: F): Reader<Read<F>> {
  return (value, place) => {
    if (value === null) return {};
    if (!isMap(value)) return place.error(`must be a map, is ${shown(value)}`);
    const known = Object.keys(fields);
    const read: [string, unknown][] = [];
    for (const [key, each] of Object.entries(value)) {
      const reader = Object.hasOwn(fields, key) ? fields[key] : undefined;
      if (reader === undefined) {
        const meant = known.find((name) => name.toLowerCase() === key.replaceAll(/[-_]/g, "").toLowerCase());
        const remedy = meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${meant}?`;
        place.field(key).warning(`is not a known key and has no effect; ${remedy}`);
        continue;
      }
      const result = reader(each, place.field(key));
      if (result !== undefined) read.push([key, result]);
    }
    // the readers of `fields` made each value, under the same key
    return Object.fromEntries(read) as Read<F>;
  };
}
