import t from "tap";
import { codeRun, taskRun, validateCodeRun, validateTaskRun } from "../runs.js";
import { builtInVariables, taskVariables } from "#src/api/built-in-variables.js";

// the operator denies HOME as reserved
const names = [...builtInVariables, ...taskVariables].filter((name) => name !== "HOME");

t.test("a variable that the operator sets itself is a warning", (t) => {
  for (const name of names) {
    const message = new RegExp(`has no effect: the operator sets ${name} itself`);
    t.match(validateTaskRun(taskRun({ env: [{ name, value: "x" }] })), { errors: [], warnings: [message] });
    t.match(validateCodeRun(codeRun({ env: { [name]: "x" } })), { errors: [], warnings: [message] });
  }
  t.same(validateTaskRun(taskRun({ env: [{ name: "GREETING", value: "x" }] })).warnings, []);
  t.end();
});
