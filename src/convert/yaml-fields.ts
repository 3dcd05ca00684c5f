/** Fields of YAML maps by name. */
import { isScalar, type Pair, type YAMLMap } from "yaml";

export function nameOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

export function scalarOf({ value }: Pair): unknown {
  return isScalar(value) ? value.value : undefined;
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find((pair) => nameOf(pair) === name);
}

/** Removes a field with its comment. */
export function remove(map: YAMLMap, name: string): void {
  map.items = map.items.filter((pair) => nameOf(pair) !== name);
}

/** Removes several fields with their comments, in linear time. */
export function removeAll(map: YAMLMap, pairs: ReadonlySet<Pair>): void {
  if (pairs.size > 0) map.items = map.items.filter((pair) => !pairs.has(pair));
}
