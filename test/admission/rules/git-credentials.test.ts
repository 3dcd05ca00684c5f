import t from "tap";
import { codeRun, docsRun, validateCodeRun, validateDocsRun } from "../runs.js";

t.test("a password in a repository's URL is denied and not repeated", (t) => {
  const { errors } = validateCodeRun(codeRun({ docsRepositoryUrl: "https://u:s3cret@github.com/x/y" }));
  t.match(errors, [/^spec\.docsRepositoryUrl: Forbidden: the URL must not contain a password/]);
  t.notMatch(errors.join(), "s3cret");
  t.match(validateDocsRun(docsRun({ repositoryUrl: "https://u:s3cret@github.com/x/y" })).errors, [
    /^spec\.repositoryUrl: Forbidden/,
  ]);
  t.strictSame(validateCodeRun(codeRun({ docsRepositoryUrl: "https://u@github.com/x/y" })).errors, []);
  t.end();
});
