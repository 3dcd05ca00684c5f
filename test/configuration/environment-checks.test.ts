/** Warnings about what agents get by the configuration. */
import t from "tap";
import { parseConfiguration } from "#src/configuration/parse.js";

const warningsOf = (text: string): string[] =>
  parseConfiguration(text).problems.map(({ severity, path, message }) => `${severity} ${path} ${message}`);

t.test("variables with a credential in plain text, or that the operator overrides, are warned of", (t) => {
  const env = (name: string, rest: string): string => `agent: {env: [{name: ${name}, ${rest}}]}`;
  t.match(warningsOf(env("DATABASE_URL", "value: 'postgres://app:hunter2@db/app'")), [
    /^warning agent\.env\[0\] looks like a credential/,
  ]);
  t.notMatch(warningsOf(env("DATABASE_URL", "value: 'postgres://app:hunter2@db/app'")).join(), "hunter2");
  t.match(warningsOf(env("API_TOKEN", "value: abc")), [/looks like a credential/]);
  t.match(warningsOf(env("HOME", "value: /root")), [/has no effect: the operator sets HOME itself/]);
  t.match(warningsOf(env("TASK_ID", "value: '1'")), [/has no effect in TaskRuns and CodeRuns/]);
  const key = "valueFrom: {secretKeyRef: {name: a, key: b}}";
  t.match(warningsOf(env("ANTHROPIC_API_KEY", key)), [/where the gateway holds the key: name its Secret in secrets/]);
  t.same(warningsOf(env("API_TOKEN", key)), []);
  t.match(warningsOf(env("CLAUDE_MAX_RETRIES", "value: '1'")), [/does not limit .* retries: set retry\.maxRetries/]);
  t.same(warningsOf(env("CLAUDE_CODE_MAX_RETRIES", "value: '1'")), []);
  t.match(parseConfiguration("", { EXECUTION_MAX_RETRIES: "0" }).problems, [
    { severity: "warning", path: "EXECUTION_MAX_RETRIES", message: /^has no effect: set retry\.maxRetries/ },
  ]);
  t.same(warningsOf(env("GREETING", "value: hello")), []);
  t.end();
});

t.test("tools that no server has are warned of", (t) => {
  const tools = (text: string): string => `agents: {rex: {tools: {${text}}}}`;
  t.match(warningsOf(tools("remote: [search]")), [
    /^warning agents\.rex\.tools\.remote has no effect without toolServerUrl/,
  ]);
  t.same(warningsOf(`${tools("remote: [search]")}\ntoolServerUrl: https://tools.example.com/mcp`), []);
  t.match(warningsOf(tools("localServers: {mine: {}}")), [
    /^warning agents\.rex\.tools\.localServers\.mine has no command and is not built in/,
  ]);
  for (const fine of ["mine: {command: run}", "mine: {enabled: false}", "filesystem: {}"])
    t.same(warningsOf(tools(`localServers: {${fine}}`)), [], fine);
  t.end();
});

t.test("a command that starts no agent, and arguments of none, are warned of", (t) => {
  t.match(warningsOf("agent: {command: [claude]}"), [/^warning agent\.command starts Claude Code without a prompt/]);
  t.same(warningsOf("agent: {command: [claude], args: [--print, Do it.]}"), []);
  t.same(warningsOf("agent: {command: [/usr/local/bin/claude]}"), []);
  t.match(warningsOf("agent: {args: [--verbose]}"), [/^warning agent\.args has no effect without agent\.command/]);
  t.end();
});
