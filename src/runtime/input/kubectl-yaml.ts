/** YAML as kubectl reads it, for manifests. */
import type { ScalarTag, Tags } from "yaml";

/** Tags whose values JSON does not have: kubectl reads their text. */
const withoutJson = /^tag:yaml\.org,2002:(timestamp|binary|set|omap|pairs)$/;

/** The yaml library's pattern for YAML 1.1 floats, with at least one digit required. */
const floatWithDigits = /^[-+]?(?:[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/;

const customTags = (tags: Tags): Tags =>
  tags
    .filter((tag) => typeof tag !== "object" || !(withoutJson.test(tag.tag) || tag.format === "TIME"))
    .map((tag) => (typeof tag === "object" && tag.collection === undefined ? scalarTag(tag) : tag));

function scalarTag(tag: ScalarTag): ScalarTag {
  const test = tag.test?.test(".") === true ? floatWithDigits : tag.test;
  if (!/:(int|float)$/.test(tag.tag)) return tag;
  const stringify: ScalarTag["stringify"] = (item, context, onComment, onChompKeep) => {
    const { source, value } = item;
    // a number stays as it was written: 1_000, 0x1F, or one with more digits than JavaScript has
    const isUnchanged =
      source !== undefined && test?.test(source) === true && tag.resolve(source, ignore, {}) === value;
    return isUnchanged ? source : (tag.stringify?.(item, context, onComment, onChompKeep) ?? String(value));
  };
  return { ...tag, ...(test !== undefined && { test }), stringify };
}

const ignore = (): void => undefined;

/** kubectl reads YAML 1.1, where `yes` is true, but without timestamps and base-60 numbers; and `.` is not a number. */
export const kubectlYaml = { schema: "yaml-1.1", customTags, merge: true } as const;
