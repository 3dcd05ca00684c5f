import t from "tap";
import { admittedTaskRun } from "#src/kinds/taskrun/admission.js";
import { validateRun } from "#src/admission/run.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import {
  codeRun,
  docsRun,
  fileSchemas,
  lookupOf,
  plainDocs,
  taskRun,
  validateCodeRun,
  validateDocsRun,
  validateTaskRun,
} from "../runs.js";

t.test("an error of the schema has the API server's words, and what to write instead", (t) => {
  const bad = taskRun({ taskId: 0, serviceName: "Auth" });
  t.match(validateTaskRun(bad).errors, [
    /^spec\.taskId: .*greater than or equal to 1; use the task's number/,
    /^spec\.serviceName: .*; use lower-case letters/,
  ]);
  t.end();
});

t.test("exactly one of githubUser and githubApp is set, and stays", (t) => {
  const message = /^spec: .*exactly one of githubUser and githubApp/;
  t.match(validateCodeRun(codeRun({ githubUser: "swe" })).errors, [message]);
  const { githubUser: _user, ...nobody } = plainDocs;
  t.match(validateDocsRun({ metadata: { name: "a" }, spec: nobody }).errors, [message]);
  t.match(validateCodeRun(codeRun({ githubApp: "5DLabs-Cleo" }), { oldObject: codeRun() }).errors, [
    /^spec: .*githubUser and githubApp cannot be changed/,
  ]);
  t.strictSame(validateDocsRun(docsRun(), { oldObject: docsRun() }).errors, []);
  t.end();
});

t.test("a status in the request is not checked", (t) => {
  const status = { phase: "Nonsense", attempts: "many" } as unknown as NonNullable<
    ReturnType<typeof taskRun>["status"]
  >;
  t.strictSame(validateTaskRun(taskRun({}, status)).errors, []);
  t.end();
});

t.test("an update that leaves the spec alone is admitted, with any stored spec", (t) => {
  const bad = taskRun({ serviceName: "Not_A_Label" });
  t.strictSame(
    validateRun(admittedTaskRun, {
      object: bad,
      oldObject: bad,
      namespace: "a",
      configuration: defaultConfiguration,
      lookup: lookupOf(admittedTaskRun),
      fileSchemas,
    }),
    { errors: [], warnings: [] },
  );
  t.end();
});
