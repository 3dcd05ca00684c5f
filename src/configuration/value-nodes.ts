/** Reads and changes the maps of Helm values. */
import { Document, isMap, isScalar, Pair, Scalar, YAMLMap } from "yaml";
import { isEmpty } from "./unset.js";

/** Merges later values into earlier ones: maps are merged, everything else is replaced. */
export function overlay(under: YAMLMap, over: YAMLMap): void {
  const places = new Map<string, number>();
  for (const [index, { key }] of under.items.entries()) if (!places.has(nameOf(key))) places.set(nameOf(key), index);
  for (const pair of over.items) {
    const name = nameOf(pair.key);
    const place = places.get(name);
    const before = place === undefined ? undefined : under.items[place];
    if (place === undefined || before === undefined) places.set(name, under.items.push(pair) - 1);
    else if (isMap(before.value) && isMap(pair.value)) overlay(before.value, pair.value);
    else under.items[place] = pair;
  }
}

export const nameOf = (key: unknown): string => (isScalar(key) ? String(key.value) : "");

export function pairOf(map: unknown, name: string): Pair | undefined {
  return isMap(map) ? map.items.find(({ key }) => nameOf(key) === name) : undefined;
}

export function mapAt(map: YAMLMap, name: string): YAMLMap | undefined {
  const value = pairOf(map, name)?.value;
  return isMap(value) ? value : undefined;
}

/** The map at a key, which is created if the key sets nothing. */
export function mapIn(map: YAMLMap, name: string): YAMLMap | undefined {
  const pair = pairOf(map, name);
  if (isMap(pair?.value)) return pair.value;
  if (pair !== undefined && !isEmpty(plain(pair.value))) return undefined;
  const created = new YAMLMap();
  if (pair === undefined) map.items.push(new Pair(new Scalar(name), created));
  else pair.value = created;
  return created;
}

export const plain = (node: unknown): unknown => new Document(node ?? null).toJS() as unknown;

export const isUnset = (pair: Pair | undefined): boolean => pair === undefined || isEmpty(plain(pair.value));

export function take(map: YAMLMap, name: string): Pair | undefined {
  const pair = pairOf(map, name);
  map.items = map.items.filter((each) => each !== pair);
  return pair;
}
