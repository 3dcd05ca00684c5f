import t from "tap";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { codeRun, docsRun, taskRun, validateCodeRun, validateDocsRun, validateTaskRun } from "../runs.js";

const url = "http://git.example/x/y";
const configuration = {
  ...defaultConfiguration,
  git: { ...defaultConfiguration.git, hosts: [{ host: "git.example:*" }, { host: "github.com" }] },
};

t.test("an http URL with credentials is denied, with what to use instead", (t) => {
  const denial = /^spec\.repository\.url: Forbidden: credentials are only sent to https:.*; use such a URL/;
  const auth = { type: "Token", secretName: "t" } as const;
  t.match(validateTaskRun(taskRun({ repository: { url, githubUser: "u" } })).errors, [denial]);
  t.match(validateTaskRun(taskRun({ repository: { url, auth } })).errors, [denial]);
  t.match(validateTaskRun(taskRun({ repository: { url, auth: { ...auth, type: "BasicAuth" } } })).errors, [denial]);
  t.match(validateCodeRun(codeRun({ repositoryUrl: url }), { configuration }).errors, [
    /^spec\.repositoryUrl: Forbidden/,
  ]);
  t.match(validateDocsRun(docsRun({ repositoryUrl: url })).errors, [/^spec\.repositoryUrl: Forbidden/]);
  t.end();
});

t.test("a host that git would take for a pattern is denied", (t) => {
  for (const hostile of ["https://*/x/y", "https://*.com/x", "https://git.example?@github.com/x", "https://a@b@c/x"])
    t.match(validateTaskRun(taskRun({ repository: { url: hostile, githubUser: "u" } })).errors, [/Forbidden/], hostile);
  t.end();
});

t.test("https with a port or a user, SSH, and http without credentials are admitted", (t) => {
  for (const secure of ["https://git.example:8443/x", "HTTPS://u@github.com/x", "git@github.com:x/y"])
    t.same(
      validateTaskRun(taskRun({ repository: { url: secure.replace("HTTPS", "https"), githubUser: "u" } }), {
        configuration,
      }).errors,
      [],
    );
  t.same(validateTaskRun(taskRun({ repository: { url } })).errors, []);
  t.same(validateCodeRun(codeRun({ repositoryUrl: "ssh://git@git.example/x/y" }), { configuration }).errors, []);
  t.end();
});

t.test("a stored run with such a URL can still be changed", (t) => {
  const stored = codeRun({ repositoryUrl: url });
  t.same(validateCodeRun(codeRun({ repositoryUrl: url, env: { A: "b" } }), { oldObject: stored }).errors, []);
  t.end();
});
