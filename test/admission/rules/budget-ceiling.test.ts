import t from "tap";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

const configuration: Configuration = {
  ...defaultConfiguration,
  budget: { default: {}, ceiling: { maxCostUSD: 20, maxTokens: 1000 } },
};

t.test("a budget above the ceiling is denied, and one that stays is not", (t) => {
  const above = { budget: { maxCostUSD: 20.5, maxTokens: 1001 } };
  for (const errors of [
    validateCodeRun(codeRun(above), { configuration }).errors,
    validateTaskRun(taskRun(above), { configuration }).errors,
  ])
    t.match(errors, [
      /^spec\.budget\.maxTokens: Forbidden: must be at most 1000, .*budget\.ceiling\.maxTokens/,
      /^spec\.budget\.maxCostUSD: Forbidden: must be at most 20, /,
    ]);
  t.same(validateCodeRun(codeRun({ budget: { maxCostUSD: 20, maxTokens: 1000 } }), { configuration }).errors, []);
  t.same(validateCodeRun(codeRun(above)).errors, [], "without a ceiling");
  t.same(
    validateCodeRun(codeRun(above), { configuration, oldObject: codeRun(above) }).errors,
    [],
    "it was there before",
  );
  t.end();
});
