import t from "tap";
import type { CodeRun } from "#src/api/coderun.js";
import { codeRun, validateCodeRun } from "../runs.js";

const withSettings = (cliType: string, settings: Record<string, unknown>): CodeRun =>
  codeRun({ cliConfig: { cliType, settings } });

t.test("settings of a wrong type that would cost a run its settings file or its start are denied by path", (t) => {
  const errorsOf = (cliType: string, settings: Record<string, unknown>): string[] =>
    validateCodeRun(withSettings(cliType, settings)).errors;
  const ignored =
    "claude ignores its whole settings file because of it, including the permissions and hooks of the run";
  t.same(errorsOf("claude", { cleanupPeriodDays: "30", attribution: { commit: null }, language: null }), [
    `spec.cliConfig.settings.cleanupPeriodDays: Invalid value: must be of type integer, not string: write a whole number, without quotes; ${ignored}`,
    `spec.cliConfig.settings.attribution.commit: Invalid value: must be of type string, not null: write a string, in quotes; ${ignored}`,
  ]);
  t.match(errorsOf("claude", { availableModels: ["opus", { s3cret: 5 }] }), [
    /^spec\.cliConfig\.settings\.availableModels\[1\]: .* must be of type string, not object/,
  ]);
  t.match(errorsOf("codex", { model_providers: { own: "x" }, tui: 5, model_context_window: 1.5 }), [
    /^spec\.cliConfig\.settings\.model_providers\.own: .* must be of type object/,
    /^spec\.cliConfig\.settings\.tui: .*; codex does not start with it$/,
    /\.model_context_window: .* must be of type integer, not number/,
  ]);
  t.match(errorsOf("opencode", { lsp: 5, tools: { bash: "yes" } }), [
    /^spec\.cliConfig\.settings\.lsp: .* must be of type boolean or object, not integer: write true or false, without quotes, or a map/,
    /^spec\.cliConfig\.settings\.tools\.bash: .* must be of type boolean/,
  ]);
  t.equal(
    errorsOf("claude", { availableModels: Array.from({ length: 1000 }, () => 5) }).length,
    10,
    "the first ones only",
  );
  t.end();
});

t.test("settings that the program's file cannot hold are denied, since the run could never start", (t) => {
  const own = { a: [1, null], b: null, s3cret: "x" };
  const errors = validateCodeRun(withSettings("codex", { own, profile: null, model_providers: { x: null } })).errors;
  t.same(errors, [
    "spec.cliConfig.settings.model_providers.x: Invalid value: must be of type object, not null: write a map, such as {a: b}; codex does not start with it",
    "spec.cliConfig.settings.own.a[1]: Invalid value: must not be null: remove it; the settings file of codex is TOML, which has no null",
    "spec.cliConfig.settings.own.b: Invalid value: must not be null: remove it; the settings file of codex is TOML, which has no null",
  ]);
  t.same(validateCodeRun(withSettings("claude", { own })).errors, []);
  const much = (bytes: number): string[] => validateCodeRun(withSettings("claude", { own: "x".repeat(bytes) })).errors;
  t.same(much(250_000), []);
  t.match(much(300_000), [
    /^spec\.cliConfig\.settings: .* have 300010 bytes as JSON, 37866 more than the limit of 262144/,
  ]);
  t.end();
});

t.test("settings that a program tolerates, or may know from a newer version, are a warning", (t) => {
  const warningsOf = (cliType: string, settings: Record<string, unknown>): readonly string[] => {
    const { errors, warnings } = validateCodeRun(withSettings(cliType, settings));
    t.same(errors, [], cliType);
    return warnings;
  };
  t.match(warningsOf("gemini", { model: 5, output: { format: "yaml" }, own: 1 }), [
    /^spec\.cliConfig\.settings\.model: .* must be of type object, .*; gemini reports it, and starts anyway$/,
  ]);
  t.match(warningsOf("claude", { cleanupPeriodDays: 0, feedbackSurveyRate: 1 }), [
    /^spec\.cliConfig\.settings\.cleanupPeriodDays: is below the documented minimum of 1, .*: claude ignores its whole/,
  ]);
  t.match(warningsOf("codex", { model_verbosity: "loud", own: 1, constructor: "x" }), [
    /^spec\.cliConfig\.settings\.model_verbosity: Unsupported value: "loud": supported values: "low", "medium", "high"; codex/,
  ]);
  t.match(warningsOf("opencode", { share: "some", snaphsot: true, lsp: { own: 1 } }), [
    /^spec\.cliConfig\.settings\.share: Unsupported value: "some"/,
    /^spec\.cliConfig\.settings\.snaphsot: unknown setting; older versions of opencode do not start/,
  ]);
  t.same(
    warningsOf("claude", { own: 1, effortLevel: "extreme", constructor: "x", sandbox: { a: [1] }, language: null }),
    [],
  );
  t.same(warningsOf("factory", { cleanupPeriodDays: "30" }).length, 2, "nothing is known of another program");
  t.end();
});

t.test("settings that were stored before are not checked again", (t) => {
  const oldObject = withSettings("claude", { cleanupPeriodDays: "30" });
  const { errors } = validateCodeRun({ ...oldObject, spec: { ...oldObject.spec, priority: "low" } }, { oldObject });
  t.same(errors, []);
  t.end();
});
