import t from "tap";
import type { TaskRunSpec } from "#src/api/taskrun.js";
import { taskRun, validateTaskRun } from "../runs.js";

const repository = (more: object): Partial<TaskRunSpec> => ({ repository: { url: "https://github.com/x/y", ...more } });

t.test("credentials in the repository of a TaskRun are denied and not repeated", (t) => {
  for (const more of [{ token: "s3cret" }, { url: "https://u:s3cret@github.com/x/y" }]) {
    const { errors } = validateTaskRun(taskRun(repository(more)));
    t.match(errors, [/Forbidden: (a token must not|the URL must not contain a password)/]);
    t.notMatch(errors.join(), "s3cret");
  }
  t.end();
});

t.test("every login that the schema accepts is admitted, in any case", (t) => {
  for (const githubUser of ["swe", "Swe_1", "Some_User", "A-b_C"])
    t.strictSame(
      validateTaskRun(taskRun(repository({ url: "git@github.com:x/y", githubUser }))).errors,
      [],
      "the name of the Secret is in lower case, with dashes for underscores",
    );
  t.end();
});

t.test("SshKey authentication without a key name is admitted: the key is ssh-privatekey then", (t) => {
  const auth = { type: "SshKey", secretName: "deploy-key" } as const;
  t.strictSame(validateTaskRun(taskRun(repository({ url: "git@github.com:x/y", auth }))), { errors: [], warnings: [] });
  t.match(validateTaskRun(taskRun(repository({ auth: { ...auth, secretName: "Deploy_Key" } }))).errors, [
    /^spec\.repository\.auth\.secretName: /,
  ]);
  t.end();
});
