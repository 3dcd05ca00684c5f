import t from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRun, docsRun, taskRun, validateCodeRun, validateDocsRun, validateTaskRun } from "../runs.js";

const elsewhere = "https://git.example/x/y";

t.test("credentials for a host that git.hosts does not list are denied, with the listed ones", (t) => {
  const denial =
    /^(\S+): Forbidden: git\.example is not in git\.hosts of the configuration, which has github\.com, and credentials are only sent to those; use one of them, or ask an administrator to add it$/;
  const auth = { type: "Token", secretName: "t" } as const;
  t.match(validateTaskRun(taskRun({ repository: { url: elsewhere, githubUser: "u" } })).errors, [denial]);
  t.match(validateTaskRun(taskRun({ repository: { url: elsewhere, auth } })).errors, [denial]);
  t.match(validateCodeRun(codeRun({ repositoryUrl: elsewhere })).errors, [/^spec\.repositoryUrl: /]);
  t.match(validateCodeRun(codeRun({ docsRepositoryUrl: elsewhere })).errors, [/^spec\.docsRepositoryUrl: /]);
  t.match(validateDocsRun(docsRun({ repositoryUrl: elsewhere })).errors, [/^spec\.repositoryUrl: /]);
  t.end();
});

t.test("no notation of a URL reaches a host that is not listed", (t) => {
  const hostile = [
    ...["https://github.com.git.example/x/y", "https://github.com@git.example/x/y", "https://git.example:443/x/y"],
    ...["https://git.example#@github.com/x/y", "https://github.com:8443/x/y", "git@git.example:github.com/y"],
    ...["ssh://github.com@git.example/x", "ssh://git@github.com:2222/x", "git@github.com.evil:x/y"],
  ];
  for (const url of hostile)
    t.match(validateTaskRun(taskRun({ repository: { url, githubUser: "u" } })).errors.join(), /git\.hosts|git@/, url);
  t.end();
});

t.test("listed hosts, and repositories without credentials, are admitted", (t) => {
  for (const url of ["https://github.com/x/y", "https://GitHub.com:443/x/y", "git@github.com:x/y.git"])
    t.same(validateTaskRun(taskRun({ repository: { url, githubUser: "u" } })).errors, [], url);
  t.same(validateCodeRun(codeRun({ repositoryUrl: "x/y", docsRepositoryUrl: "ssh://git@github.com/x/y" })).errors, []);
  t.same(validateTaskRun(taskRun({ repository: { url: elsewhere } })).errors, [], "no credentials");
  const configuration = {
    ...defaultConfiguration,
    git: { ...defaultConfiguration.git, hosts: [{ host: "git.example" }] },
  };
  t.same(
    validateCodeRun(codeRun({ repositoryUrl: elsewhere, docsRepositoryUrl: elsewhere }), { configuration }).errors,
    [],
  );
  t.end();
});

t.test("a stored run with such a host can still be changed", (t) => {
  const stored = codeRun({ repositoryUrl: elsewhere });
  t.same(validateCodeRun(codeRun({ repositoryUrl: elsewhere, env: { A: "b" } }), { oldObject: stored }).errors, []);
  t.end();
});
