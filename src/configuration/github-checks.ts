/** Problems of `github.rules` that the schema cannot find. */
import type { Configuration } from "./configuration.js";
import type { Problem } from "./problem.js";

/** What only runs from issues take, and the actions that labels and a text are for. */
const ofAction = {
  ...{ namespace: ["start"], run: ["start"] },
  ...{ labels: ["label"], text: ["comment"] },
} as const;

export function checkGithub(rules: Configuration["github"]["rules"], agents: Configuration["agents"]): Problem[] {
  const names = rules.map(({ name }) => name);
  return rules.flatMap(({ name, then }, index) => {
    const path = `github.rules[${index}]`;
    const problems: Problem[] = [];
    const note = (severity: Problem["severity"], key: string, message: string): void =>
      void problems.push({ severity, path: `${path}.${key}`, message });
    if (names.indexOf(name) < index) note("error", "name", `is ${name}, as that of another rule: rename one`);
    const { action, agent, stage, replace, instructions, node, restart } = then;
    for (const [key, actions] of Object.entries(ofAction))
      if (then[key as keyof typeof ofAction] !== undefined && !(actions as readonly string[]).includes(action))
        note("warning", `then.${key}`, `has no effect with action ${action}`);
    if (action === "label" && then.labels === undefined) note("error", "then.labels", "is required with action label");
    if (action === "resume" && node === undefined && restart !== true)
      note("error", "then.node", "is required with action resume, unless restart is true");
    if (node !== undefined && restart === true) note("error", "then.node", "cannot be set together with restart");
    const isAlone = action === "ignore" || action === "retry" || action === "label" || action === "comment";
    if (isAlone && (node !== undefined || restart === true))
      note("warning", node === undefined ? "then.restart" : "then.node", `has no effect with action ${action}`);
    if (action === "start" && agent === undefined) note("error", "then.agent", "is required with action start");
    const starts = action === "start" || action === "remediate";
    const without = Object.entries({ agent, stage, instructions }).filter(
      ([, value]) => !starts && value !== undefined,
    );
    for (const [key] of without) note("warning", `then.${key}`, `has no effect with action ${action}`);
    if (isAlone && replace !== undefined) note("warning", "then.replace", `has no effect with action ${action}`);
    if (agent !== undefined && agents !== undefined && !Object.hasOwn(agents, agent))
      note(
        "warning",
        "then.agent",
        `is ${agent}, which agents does not list: add it there; until then the rule starts nothing`,
      );
    return problems;
  });
}
