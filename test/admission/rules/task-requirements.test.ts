import t from "tap";
import { codeRun, validateCodeRun } from "../runs.js";

const encoded = (yaml: string): string => Buffer.from(yaml).toString("base64");
const errorsOf = (yaml: string): string[] => validateCodeRun(codeRun({ taskRequirements: encoded(yaml) })).errors;

t.test("requirements that cannot be read are denied by the path within them", (t) => {
  t.strictSame(errorsOf("secrets: [{name: db}, {name: api, keys: [{token: API_TOKEN}]}]\nenvironment: {A: b}"), []);
  t.strictSame(errorsOf(""), []);
  t.match(errorsOf("secrets: [{name: Db}, {name: a, keys: [{k: 1x}]}, s3cret]\nenvironment: {A: 7, '1-b': s3cret}"), [
    /^spec\.taskRequirements\.secrets\[0\]\.name: /,
    /^spec\.taskRequirements\.secrets\[1\]\.keys\[0\]\.k: /,
    /^spec\.taskRequirements\.secrets\[2\]: /,
    /^spec\.taskRequirements\.environment\.A: .*put it in quotes/,
    /^spec\.taskRequirements\.environment\.1-b: /,
  ]);
  t.match(errorsOf("a: [s3cret"), [/^spec\.taskRequirements: .*is invalid YAML once decoded/]);
  t.match(errorsOf("[]"), [/must be a map/]);
  t.match(validateCodeRun(codeRun({ taskRequirements: "no base64!" })).errors, [/is not base64/]);
  t.match(errorsOf(`a: &a [x, x]\nb: &b [*a, *a, *a]\n` + `c: [${"*b,".repeat(200)}]`), [/has more than 100 aliases/]);
  t.end();
});

t.test("a field without effect and a credential are warnings, and no value is ever repeated", (t) => {
  const { warnings } = validateCodeRun(
    codeRun({ taskRequirements: encoded("mcp: x\nenvironment: {API_KEY: s3cret}") }),
  );
  t.match(warnings, [/^spec\.taskRequirements\.mcp: has no effect/, /environment\.API_KEY: looks like a credential/]);
  t.notMatch([...warnings, ...errorsOf("environment: [s3cret]"), ...errorsOf("secrets: s3cret")].join(), "s3cret");
  t.end();
});
