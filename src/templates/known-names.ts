/** The variable that was probably meant by an unknown name. */
import { isObject } from "../runtime/schema/json.js";
import { suggestion } from "../suggestion.js";

/** A path such as `spec.service`; undefined if none is close. */
export function nearestVariable(name: string, variables: object): string | undefined {
  const paths = pathsOf(variables, "", 2).sort((a, b) => rankOf(a) - rankOf(b));
  const whole = suggestion(name, paths);
  if (whole !== undefined) return whole;
  // spec. or another object before it was forgotten, or is another
  const last = (path: string): string => path.slice(path.lastIndexOf(".") + 1);
  const meant = suggestion(last(name), paths.map(last));
  return paths.find((path) => last(path) === meant);
}

/** Fields of the run are meant most often, and those of the agent, which have the same names, least. */
function rankOf(path: string): number {
  if (path.startsWith("spec.")) return 0;
  return path.includes(".") ? 2 : 1;
}

function pathsOf(value: object, prefix: string, depth: number): string[] {
  return Object.entries(value).flatMap(([name, each]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    return depth > 1 && isObject(each) ? [path, ...pathsOf(each, `${path}.`, depth - 1)] : [path];
  });
}
