import t from "tap";
import { isReserved } from "#src/admission/rules/reserved-variables.js";
import { codeRun, docsRun, taskRun, validateCodeRun, validateDocsRun, validateTaskRun } from "../runs.js";

const encoded = (yaml: string): string => Buffer.from(yaml).toString("base64");

t.test("names that load code or redirect credentials are reserved, and others are not", (t) => {
  const reserved = [
    ...["BASH_ENV", "ENV", "NODE_OPTIONS", "LD_PRELOAD", "LD_LIBRARY_PATH", "GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL"],
    ...["GIT_SSH_COMMAND", "GITHUB_API_URL", "GITHUB_URL", "ANTHROPIC_BASE_URL", "OPENAI_BASE_URL", "PATH", "HOME"],
    ...["HTTP_PROXY", "https_proxy", "All_Proxy", "no_proxy"],
  ];
  for (const name of reserved) t.equal(isReserved(name), true, name);
  for (const name of [
    "ENVIRONMENT",
    "LOG_LEVEL",
    "OLD_X",
    "MY_PATH",
    "BASE_URL_X",
    "GIT_AUTHOR_NAME",
    "PROXY",
    "GIT_CONFIG",
  ])
    t.equal(isReserved(name), false, name);
  t.end();
});

t.test("a run of any kind that sets one is denied, wherever it does, with the name and the remedy", (t) => {
  const remedy =
    "is reserved, since .*; remove it, or ask an administrator to set it in agent.env of the configuration";
  t.match(
    validateTaskRun(
      taskRun({
        env: [
          { name: "A", value: "" },
          { name: "BASH_ENV", value: "/x" },
        ],
      }),
    ).errors,
    [new RegExp(`^spec\\.env\\[1\\]\\.name: Forbidden: BASH_ENV ${remedy}`)],
  );
  t.match(validateCodeRun(codeRun({ env: { https_proxy: "http://x", A: "b" } })).errors, [
    /^spec\.env\[https_proxy\]: Forbidden: https_proxy/,
  ]);
  const envFromSecrets = [{ name: "ANTHROPIC_BASE_URL", secretName: "s", secretKey: "k" }];
  t.match(validateCodeRun(codeRun({ envFromSecrets })).errors, [/^spec\.envFromSecrets\[0\]\.name: Forbidden/]);
  t.match(validateDocsRun(docsRun({ envFromSecrets })).errors, [/^spec\.envFromSecrets\[0\]\.name: Forbidden/]);
  const taskRequirements = encoded("secrets: [{name: s, keys: [{k: NODE_OPTIONS}]}]\nenvironment: {LD_PRELOAD: /x.so}");
  t.match(validateCodeRun(codeRun({ taskRequirements })).errors, [
    /^spec\.taskRequirements\.secrets: Forbidden: NODE_OPTIONS/,
    /^spec\.taskRequirements\.environment\.LD_PRELOAD: Forbidden/,
  ]);
  t.end();
});

t.test("a stored run that already sets one can still be changed", (t) => {
  const stored = codeRun({ env: { PATH: "/bin" } });
  const changed = codeRun({ env: { PATH: "/bin", A: "b" } });
  t.same(validateCodeRun(changed, { oldObject: stored }).errors, []);
  t.match(validateCodeRun(codeRun({ env: { PATH: "/bin", HOME: "/" } }), { oldObject: stored }).errors, [/HOME/]);
  t.end();
});
