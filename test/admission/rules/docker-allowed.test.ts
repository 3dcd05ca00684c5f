import t from "tap";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRun, validateCodeRun } from "../runs.js";

t.test("a Docker daemon is denied unless the configuration allows it", (t) => {
  t.match(validateCodeRun(codeRun({ enableDocker: true })).errors, [
    /^spec\.enableDocker: Forbidden: .*agent\.allowDocker/,
  ]);
  const configuration: Configuration = {
    ...defaultConfiguration,
    agent: { ...defaultConfiguration.agent, allowDocker: true },
  };
  t.strictSame(validateCodeRun(codeRun({ enableDocker: true }), { configuration }).errors, []);
  t.strictSame(validateCodeRun(codeRun({ enableDocker: false })).errors, []);
  t.end();
});
