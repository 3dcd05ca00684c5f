/** Reads a few members of a large JSON object, and nothing else of it. */
import { memberPlaces } from "../runtime/input/json-members.js";

/** The members that are wanted: each with the members of its own, or with the bytes that its value may have at most. */
export interface Shape {
  readonly [member: string]: Shape | number;
}

/** What was found: values of absent members, of larger ones, and of those that are no objects where one is wanted, are absent. */
export type Projection = Readonly<Record<string, unknown>>;

/**
 * Takes time linear in the bytes, for each level of the shape, and memory for what is wanted only.
 *
 * @param json must not be nested deeply: see `isNestedDeeper`
 * @returns undefined unless the bytes are one object
 * @throws SyntaxError if a wanted value is no JSON, or is given twice
 */
export function project(json: Buffer, shape: Shape): Projection | undefined {
  const places = memberPlaces(json, new Set(Object.keys(shape)));
  if (places === undefined) return undefined;
  const found: [string, unknown][] = [];
  for (const [name, { start, end }] of places) {
    const wanted = shape[name];
    const part = json.subarray(start, end);
    if (typeof wanted === "object") found.push([name, project(part, wanted)]);
    else if (wanted !== undefined && part.length <= wanted) found.push([name, JSON.parse(part.toString("utf8"))]);
  }
  return Object.fromEntries(found);
}
