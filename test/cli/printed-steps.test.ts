import t from "tap";
import { isPrinted, printedSteps } from "./printed-steps.js";

const document = `# Title
Save this as \`run.yaml\`:

\`\`\`yaml
kind: TaskRun
\`\`\`

\`\`\`sh
kubectl apply -f run.yaml
\`\`\`

\`\`\`text
created
\`\`\`

\`\`\`yaml
not: saved
\`\`\`

\`\`\`sh
kubectl delete -f run.yaml
\`\`\`

This is not its output:

\`\`\`text
deleted
\`\`\`
`;

t.test("the steps of a document are its files, commands and outputs, in order", (t) => {
  t.same(printedSteps(document), [
    { save: "run.yaml", text: "kind: TaskRun\n" },
    { run: "kubectl apply -f run.yaml\n", output: "created\n" },
    { run: "kubectl delete -f run.yaml\n" },
  ]);
  t.end();
});

t.test("ages, random names, widths of columns and what ... stands for may differ", (t) => {
  const printed = "NAME  AGE\ntask-1-run-1-abcde   5s\n...\nat 127.0.0.1:...\n";
  t.ok(isPrinted("NAME                 AGE\ntask-1-run-1-x7k2p   2m11s\nmore\nand more\nat 127.0.0.1:8080\n", printed));
  t.ok(isPrinted("NAME AGE\ntask-1-run-1-x7k2p 1.5s\nat 127.0.0.1:\n", printed), "... may stand for nothing");
  t.end();
});

t.test("other text, other names and missing or further lines are differences", (t) => {
  const printed = "NAME  PHASE\ntask-1   Succeeded\n";
  for (const output of [
    "NAME  PHASE\ntask-1   Failed\n",
    "NAME  PHASE\ntask-2   Succeeded\n",
    "NAME  PHASE\n",
    "NAME  PHASE\ntask-1   Succeeded\nWarning: x\n",
    "",
  ])
    t.notOk(isPrinted(output, printed), output);
  t.end();
});
