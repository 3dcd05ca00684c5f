import t from "tap";
import { defaultRun } from "#src/admission/run.js";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

t.test("a model or agent that the configuration does not list is a warning, and with strict a denial", (t) => {
  const listed: Configuration = {
    ...defaultConfiguration,
    models: ["sonnet", "opus"],
    agents: { "claude-agent-1": {}, rex: { model: "opus" } },
  };
  const odd = taskRun({ model: "opsu", agentName: "max" });
  t.strictSame(validateTaskRun(taskRun({ agentName: "rex" }), { configuration: listed }), { errors: [], warnings: [] });
  t.match(validateTaskRun(odd, { configuration: listed }), {
    errors: [],
    warnings: [/spec.model: Unsupported value: "opsu": supported values: "sonnet", "opus"/, /spec.agentName/],
  });
  const strict = { ...listed, strict: true };
  t.match(validateTaskRun(odd, { configuration: strict }), { errors: [/spec.model/, /spec.agentName/], warnings: [] });
  const longer = { ...odd, spec: { ...odd.spec, activeDeadlineSeconds: 9 } };
  t.strictSame(validateTaskRun(longer, { configuration: strict, oldObject: odd }).errors, [], "a stored value stays");
  t.equal(defaultRun(admittedTaskRun, taskRun({ agentName: "rex" }), listed).spec.model, "opus");
  t.end();
});

t.test("the default agent is known, whatever agents the configuration lists", (t) => {
  for (const strict of [false, true])
    t.strictSame(
      validateTaskRun(taskRun(), { configuration: { ...defaultConfiguration, agents: { rex: {} }, strict } }),
      { errors: [], warnings: [] },
    );
  t.end();
});

t.test("the App of a CodeRun has to be that of a listed agent", (t) => {
  const listed: Configuration = {
    ...defaultConfiguration,
    models: ["sonnet"],
    agents: { rex: {}, cleo: { githubApp: "X-Cleo" } },
  };
  t.strictSame(validateCodeRun(codeRun(), { configuration: listed }).warnings, []);
  const odd = codeRun({ githubApp: "5DLabs-Max", model: "opsu" });
  t.match(validateCodeRun(odd, { configuration: listed }), {
    errors: [],
    warnings: [/spec\.model/, /spec\.githubApp: Unsupported value: "5DLabs-Max": supported values: "rex", "X-Cleo"/],
  });
  t.match(validateCodeRun(odd, { configuration: { ...listed, strict: true } }).errors, [
    /spec\.model/,
    /spec\.githubApp/,
  ]);
  t.end();
});

t.test("each model of a rotation has to be listed", (t) => {
  const configuration: Configuration = { ...defaultConfiguration, models: ["sonnet", "opus"], strict: true };
  const cliConfig = { cliType: "claude", model: "hiaku", modelRotation: ["opus", "sonet"] };
  const { errors } = validateCodeRun(codeRun({ cliConfig, model: "sonnet" }), { configuration });
  t.match(errors, [/^spec\.cliConfig\.model: .*hiaku/, /^spec\.cliConfig\.modelRotation\[1\]: .*sonet/]);
  t.end();
});
