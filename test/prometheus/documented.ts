/** The metrics that docs/reference/metrics.md describes, and those that a program shows. */
import { metricSections } from "#src/generate/metrics.js";

/** Names by section, of each kind of runs; without those of the process. */
export function documentedMetrics(...sections: readonly string[]): string[] {
  const all = metricSections();
  const names = sections.flatMap((title) => (all.get(title) ?? []).map(({ name }) => name));
  const kinds = ["coderun", "docsrun"].flatMap((kind) =>
    names.filter((name) => name.startsWith("taskrun_")).map((name) => name.replace("taskrun", kind)),
  );
  return [...names, ...kinds].sort();
}

/** The names in the text of `/metrics`, without those of the process. */
export function shownMetrics(text: string): string[] {
  const names = Array.from(text.matchAll(/^# TYPE (\S+) /gm), ([, name = ""]) => name);
  return names.filter((name) => !/^(process|nodejs)_/.test(name)).sort();
}
