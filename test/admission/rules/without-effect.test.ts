import t from "tap";
import type { CodeRunSpec } from "#src/api/coderun.js";
import { codeRun, docsRun, validateCodeRun, validateDocsRun } from "../runs.js";

const warningsOf = (changes: Partial<CodeRunSpec>): readonly string[] => validateCodeRun(codeRun(changes)).warnings;
const settings = { own: 1, reasoningEffort: "high" };

t.test("an option that the agent program does not have is a warning, by its path", (t) => {
  t.same(warningsOf({ cliConfig: { cliType: "claude", maxTokens: 5, settings } }), []);
  t.match(warningsOf({ cliConfig: { cliType: "claude", temperature: 0.5, settings: { permissions: {} } } }), [
    "spec.cliConfig.temperature: has no effect: claude has no such option",
    /^spec\.cliConfig\.settings\.permissions: has no effect/,
  ]);
  t.match(warningsOf({ cliConfig: { cliType: "cursor", settings } }), [
    "spec.cliConfig.settings.reasoningEffort: has no effect: cursor has no such option",
    /^spec\.cliConfig\.settings: has no effect: cursor has no settings file/,
  ]);
  t.same(warningsOf({ cliConfig: { cliType: "claude", settings: { reasoningEffort: 5 } } }), [
    "spec.cliConfig.settings.reasoningEffort: has no effect: must be a string, such as high",
  ]);
  t.end();
});

t.test("an option that the run's own settings override is a warning", (t) => {
  const gemini = { cliType: "gemini", maxTokens: 5, temperature: 0.5 };
  t.same(warningsOf({ cliConfig: gemini }), []);
  t.same(warningsOf({ cliConfig: { ...gemini, settings: { modelConfigs: { customOverrides: [] } } } }), [
    "spec.cliConfig.maxTokens: has no effect: spec.cliConfig.settings.modelConfigs overrides it",
    "spec.cliConfig.temperature: has no effect: spec.cliConfig.settings.modelConfigs overrides it",
  ]);
  t.end();
});

t.test("an unknown agent program and a template are a warning, unless an update leaves them alone", (t) => {
  t.match(warningsOf({ cliConfig: { cliType: "factory" }, template: "code/other.sh" }), [
    /^spec\.template: has no effect/,
    /^spec\.cliConfig\.cliType: "factory" is not a known agent program \(claude, codex/,
  ]);
  t.match(validateDocsRun(docsRun({ cli: "factory" })).warnings, [/^spec\.cli: "factory"/]);
  const same = codeRun({ cliConfig: { cliType: "factory" } });
  t.same(
    validateCodeRun(codeRun({ cliConfig: { cliType: "factory" }, priority: "low" }), { oldObject: same }).warnings,
    [],
  );
  t.end();
});
