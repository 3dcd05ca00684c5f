/** The patches that an API server accepts, applied to plain JSON. Nothing given is changed. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** RFC 7386 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return structuredClone(patch);
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) Reflect.deleteProperty(result, name);
    else result[name] = mergePatch(result[name], value);
  }
  return result;
}

/** The target without the fields of `last` that `next` lacks. */
export function clearMissing(target: unknown, last: unknown, next: unknown): unknown {
  if (!isRecord(target) || !isRecord(last)) return target;
  const result = { ...target };
  for (const [name, value] of Object.entries(last)) {
    if (!isRecord(next) || !(name in next)) Reflect.deleteProperty(result, name);
    else result[name] = clearMissing(result[name], value, next[name]);
  }
  return result;
}

/** The operations of RFC 6902 that the operator uses: `add`, `replace` and `test`. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  const result = structuredClone(target);
  for (const operation of operations) {
    if (!isRecord(operation) || typeof operation.path !== "string") throw new Error("not an operation");
    const names = operation.path.split("/").slice(1);
    const last = names.pop() ?? "";
    let parent = result as Record<string, unknown>;
    for (const name of names) parent = parent[name] as Record<string, unknown>;
    if (operation.op === "test") {
      if (parent[last] !== operation.value) throw new Error(`the test of ${operation.path} failed`);
    } else parent[last] = operation.value;
  }
  return result;
}
