/** Commands never touch objects of another group: Tekton has taskruns, too. */
import t from "tap";
import {
  complaintAbout,
  executedCommands,
  isChange,
  kindsOf,
  printedCommands,
  shellWords,
  type KubectlCommand,
} from "./kubectl-commands.js";

const command = (line: string): KubectlCommand => ({ file: "here", words: shellWords(line) });

t.test("a command that changes our objects must name kinds in full", (t) => {
  for (const line of [
    "delete taskruns,coderuns --all --all-namespaces",
    "delete jobs,otr --all",
    `-n orchestrator patch taskrun auth --type merge -p '{"spec":{}}'`,
    "annotate -n runs tr/auth a=b",
    'patch "$kind" -n runs auth --type merge -p {}',
    "delete orchestrator --all",
    "edit docsrun/x",
  ])
    t.type(complaintAbout(command(line)), "string", line);
  for (const line of [
    "delete taskruns.orchestrator.io,coderuns.orchestrator.io --all",
    'patch taskruns.orchestrator.io/auth -n tr --type merge -p \'{"a": "taskruns"}\'',
    "delete secret -n orchestrator taskruns",
    "apply -f taskruns",
    "get otr -n orchestrator # taskruns",
    "get jobs -A | grep taskruns",
    "explain otr.spec",
  ])
    t.equal(complaintAbout(command(line)), undefined, line);
  t.end();
});

t.test("a command that reads names kinds in full or by their short names", (t) => {
  for (const line of [
    "get taskruns -A",
    "get job,tr",
    "wait --for=condition=Succeeded taskrun/x",
    "explain taskrun.spec",
  ])
    t.type(complaintAbout(command(line)), "string", line);
  t.equal(complaintAbout(command("wait --for=condition=Succeeded otr/x --timeout=1h")), undefined);
  t.end();
});

t.test("every printed command names kinds unambiguously", (t) => {
  const printed = printedCommands();
  const ours = printed.filter((one) => kindsOf(one).some((kind) => kind.endsWith(".orchestrator.io")));
  t.ok(ours.filter(isChange).length >= 5, `${ours.filter(isChange).length} commands change our objects`);
  t.same(
    printed.flatMap((one) => complaintAbout(one) ?? []),
    [],
  );
  t.end();
});

t.test("every command that code and tests run names kinds unambiguously", (t) => {
  const executed = executedCommands();
  const changes = executed.filter(
    (one) => isChange(one) && kindsOf(one).some((kind) => kind.endsWith(".orchestrator.io")),
  );
  t.ok(
    executed.length > 50 && changes.length >= 8,
    `${executed.length} commands, ${changes.length} change our objects`,
  );
  t.same(
    executed.flatMap((one) => complaintAbout(one) ?? []),
    [],
  );
  t.end();
});
