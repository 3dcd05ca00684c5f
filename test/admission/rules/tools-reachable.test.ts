import t from "tap";
import type { Configuration } from "#src/configuration/configuration.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRun, docsRun, validateCodeRun, validateDocsRun } from "../runs.js";

t.test("tools that are not available are a warning, once", (t) => {
  const requested = { remoteTools: ["search_web"], localTools: ["memory", "browser", "own"] };
  const configuration: Configuration = {
    ...defaultConfiguration,
    agents: { rex: { tools: { localServers: { browser: {} } } } },
  };
  const { errors, warnings } = validateCodeRun(codeRun(requested), { configuration });
  t.same(errors, []);
  t.match(warnings, [/^spec\.remoteTools: .* no toolServerUrl/, /^spec\.localTools\[2\]: MCP server "own" is neither/]);
  t.match(validateDocsRun(docsRun({ remoteTools: ["a"] })).warnings, [/toolServerUrl/]);
  const served = { ...configuration, toolServerUrl: "http://tools/mcp" };
  t.same(validateCodeRun(codeRun({ remoteTools: ["search_web"] }), { configuration: served }).warnings, []);
  const oldObject = codeRun(requested);
  t.same(validateCodeRun(codeRun({ ...requested, priority: "high" }), { configuration, oldObject }).warnings, []);
  t.end();
});
