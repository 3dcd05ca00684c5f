import t from "tap";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";

t.test("a variable that looks like a credential is a warning, which does not repeat its value", (t) => {
  const { errors, warnings } = validateTaskRun(
    taskRun({
      env: [
        { name: "MY_TOKEN", value: "s3cret" },
        { name: "A", value: "ghp_s3cret" },
        { name: "KEYBOARD", value: "x" },
      ],
    }),
  );
  t.strictSame(errors, []);
  t.match(warnings, [/^spec\.env\[0\]\.value: "MY_TOKEN"/, /^spec\.env\[1\]\.value: "A"/]);
  t.equal(warnings.length, 2);
  t.notMatch(warnings.join(), "s3cret");
  t.end();
});

t.test("a password in a URL is a credential; a variable in its place is not", (t) => {
  const warningsFor = (value: string): number =>
    validateTaskRun(taskRun({ env: [{ name: "A", value }] })).warnings.length;
  for (const value of [
    "postgres://app:hunter2@db.example.com/app",
    "see https://x-access-token:abc@git.example.com/a.git",
    "https://ghp_abc@github.com/a/b",
    "redis://:hunter2@cache:6379",
  ])
    t.equal(warningsFor(value), 1, value);
  for (const value of [
    "postgres://app@db.example.com/app",
    "postgres://app:$(PASSWORD)@db.example.com/app",
    "postgres://app:${PASSWORD}@db.example.com/app",
    "https://example.com/a:b@c",
    "me@example.com: hello",
  ])
    t.equal(warningsFor(value), 0, value);
  t.end();
});

t.test("the warning for a CodeRun refers to envFromSecrets", (t) => {
  const { errors, warnings } = validateCodeRun(codeRun({ env: { MY_TOKEN: "s3cret", KEYBOARD: "x" } }));
  t.strictSame(errors, []);
  t.match(warnings, [/^spec\.env\[MY_TOKEN\]: .*spec\.envFromSecrets/]);
  t.equal(warnings.length, 1);
  t.end();
});
