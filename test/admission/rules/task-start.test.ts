import t from "tap";
import type { TaskRunSpec } from "#src/api/taskrun.js";
import { parseConfiguration } from "#src/configuration/parse.js";
import { taskRun, validateTaskRun } from "../runs.js";

const warned = (spec: Partial<TaskRunSpec>, yaml = "", old?: Partial<TaskRunSpec>): readonly string[] => {
  const { configuration } = parseConfiguration(yaml);
  if (configuration === undefined) throw new Error("not a configuration");
  return validateTaskRun(taskRun(spec), { configuration, ...(old && { oldObject: taskRun(old) }) }).warnings;
};

t.test("a repository without credentials that git can use is said not to be pushed to", (t) => {
  const url = "https://github.com/acme/auth";
  const bare = { repository: { url } };
  t.match(warned(bare), [/^spec\.repository: names no credentials, so what the agent commits is not pushed/]);
  t.same(warned(bare, "secrets: {githubTokenSecretName: token}"), [], "the configuration has a token");
  t.same(warned(bare, "agent: {command: [mine]}"), [], "a command does what it does");
  t.same(warned(bare, "", bare), [], "said when it was created");
  t.same(warned({ repository: { url, githubUser: "ann" } }), []);
  const auth = (type: "SshKey" | "Token", of: string): Partial<TaskRunSpec> => ({
    repository: { url: of, auth: { type, secretName: "key" } },
  });
  t.same(warned(auth("Token", url)), []);
  t.same(warned(auth("SshKey", "git@github.com:acme/auth")), []);
  t.match(warned(auth("SshKey", url)), [
    /^spec\.repository\.auth: SshKey is of no use for https:.*write the URL as git@/,
  ]);
  t.match(warned(auth("SshKey", url), "agent: {command: [mine]}"), [/SshKey is of no use/], "not to a command either");
  t.match(warned(auth("Token", "git@github.com:a/b")), [/Token is of no use for git@.*write the URL as https:/]);
  t.end();
});

t.test("tools of a TaskRun are said to be ignored by programs other than Claude Code", (t) => {
  const agents = "agents: {rex: {cli: codex}, ada: {}}";
  const agentTools = [{ name: "bash" }];
  t.match(warned({ agentName: "rex", agentTools }, agents), [/^spec\.agentTools: has no effect on codex/]);
  t.same(warned({ agentName: "ada", agentTools }, agents), []);
  t.same(warned({ agentName: "rex" }, agents), []);
  t.end();
});
