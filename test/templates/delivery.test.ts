/** What the phase that delivers accepts of an agent, who may write everything that it is handed. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { eventually } from "../eventually.js";
import type { End } from "./pod.js";
import { branch, options, says, scene, works, type Scene } from "./scene.js";

interface Handed extends Scene {
  readonly environment: Readonly<Record<string, string>>;
  readonly handover: string;
  /** Shell commands in a fresh clone of the target, on its branch; then the hand-over of what is there, as an agent could do it itself. */
  readonly hand: (commands: string, ...bundled: readonly string[]) => void;
  readonly deliver: (environment?: Readonly<Record<string, string>>) => Promise<End>;
}

/** A pod whose workspace is prepared; the agent is the test. */
async function handed(t: Test): Promise<Handed> {
  const made = await scene(t);
  const { pod, target } = made;
  const environment = await made.codeEnvironment();
  pod.place(made.codeFiles());
  const prepared = await pod.phase("prepare", environment);
  t.equal(prepared.code, 0, prepared.output);
  const handover = join(pod.root, "handover");
  const clone = join(pod.root, "own-clone");
  return {
    ...{ ...made, environment, handover },
    hand: (commands, ...bundled) => {
      rmSync(clone, { recursive: true, force: true });
      const script = `git clone -q '${target}' '${clone}' && cd '${clone}' && git checkout -qB '${branch}'\n${commands}
        git bundle create -q '${handover}/work.bundle' ${bundled.length === 0 ? `'${branch}' --not origin/main` : bundled.join(" ")}`;
      const names = ["AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL"];
      const author = Object.fromEntries(names.map((name) => [`GIT_${name}`, "a@example.com"]));
      execFileSync("bash", ["-ec", script], { env: { ...process.env, ...author }, stdio: "pipe" });
      writeFileSync(join(handover, "delivery.json"), JSON.stringify({ title: "feat: x", summary: "Done." }));
      writeFileSync(join(handover, "exit-code"), "0");
    },
    deliver: async (more = {}) => {
      const delivering = pod.phase("deliver", { ...environment, ...more });
      // its container has ended
      writeFileSync(join(handover, "agent"), ".");
      return await delivering;
    },
  };
}

const commit = (commands: string): string => `${commands}\ngit add -A; git commit -qm work`;

t.test("what an agent could hand over itself is refused, with the reason, and nothing arrives", options, async (t) => {
  const { pod, target, github, hand, deliver, handover } = await handed(t);
  const token = `ghp_${"a1".repeat(18)}`;
  const refused = async (summary: RegExp, environment: Readonly<Record<string, string>> = {}): Promise<void> => {
    const end = await deliver(environment);
    t.equal(end.code, 22, end.output);
    t.match(end.message.summary, summary);
    t.match(end.message.summary, /it is still in the workspace$/);
    t.equal(pod.repositories.git(target, "for-each-ref", "--format=%(refname)"), "refs/heads/main");
  };
  hand(commit("echo a > a"), "HEAD", "--not origin/main");
  await refused(/its bundle has other references than the branch feature\/task-7-implementation/);
  hand(`${commit("echo a > a")}; git tag v1`, `'${branch}'`, "v1", "--not origin/main");
  await refused(/its bundle has other references/);
  hand(`git checkout -q --orphan new; ${commit("echo a > a")}; git branch -f '${branch}'`, `'${branch}'`);
  await refused(/it has no common history with main/);
  hand(commit("mkdir -p .github/workflows; echo 'on: push' > .github/workflows/ci.yaml"));
  await refused(/it changes \.github\/workflows\/ci\.yaml, which is protected/);
  hand(
    `${commit("mkdir -p .github/workflows; echo x > .github/workflows/a")}; git rm -q .github/workflows/a; git commit -qm gone`,
  );
  await refused(/\.github\/workflows\/a, which is protected/);
  hand(commit("for n in $(seq 30); do echo $n > f$n; done"));
  await refused(/it changes 30 files, and at most 29 are allowed/, { DELIVERY_MAX_FILES: "29" });
  await refused(/its commits have more than 500 bytes/, { DELIVERY_MAX_BYTES: "500" });
  hand(`${commit(`printf 'token: ${token}\\n' > "a b.txt"`)}; ${commit("rm 'a b.txt'")}`);
  await refused(/it has keys in it: a b\.txt: a token of GitHub/);
  hand(commit(`printf '\\0\\1user-token-0123456789abcdef\\0' > bin`));
  await refused(/it has keys in it: bin: a key of this run/);
  hand(`echo x > a; git add -A; git commit -qm 'with ${token}'`);
  await refused(/it has keys in it: : a token of GitHub/);
  hand(commit("echo a > a"));
  const bundle = readFileSync(join(handover, "work.bundle"));
  writeFileSync(join(handover, "work.bundle"), Buffer.concat([bundle.subarray(0, -30), Buffer.alloc(30)]));
  await refused(/its commits are not whole/);
  writeFileSync(join(handover, "work.bundle"), "no bundle");
  await refused(/its bundle cannot be read/);
  t.same(github.pulls, []);
});

t.test(
  "nothing that the agent wrote is executed: hooks, configuration, attributes, filters, submodules",
  options,
  async (t) => {
    const { pod, target, hand, deliver } = await handed(t);
    const planted = `touch ${pod.root}/executed`;
    hand(
      commit(`printf '* filter=x diff=x\\n*.a export-subst\\n' > .gitattributes; echo a > a
      git config filter.x.clean "${planted}; cat"; git config diff.x.textconv "${planted}; cat"; git config core.fsmonitor "${planted}"
      rm -f '${pod.root}/executed'
      printf '[submodule "s"]\\n\\tpath = s\\n\\turl = ext::${planted}\\n' > .gitmodules
      git update-index --add --cacheinfo "160000,$(git rev-parse HEAD),s"`) + `; rm -f '${pod.root}/executed'`,
    );
    const end = await deliver();
    t.equal(end.code, 0, end.output);
    t.notOk(existsSync(join(pod.root, "executed")));
    t.match(pod.repositories.git(target, "ls-tree", "-r", "--name-only", branch), ".gitmodules");
  },
);

t.test("merges of the base, and what others pushed to the branch, are no work of the agent", options, async (t) => {
  const { pod, target, github, hand, deliver } = await handed(t);
  pod.repositories.commitTo(target, "main", { ".github/workflows/ci.yaml": "on: push\n" });
  hand(
    `${commit("echo a > a")}; git fetch -q origin; git merge -q --no-edit origin/main`,
    `'${branch}'`,
    "--not origin/main~1",
  );
  pod.repositories.git(target, "branch", branch, "main");
  pod.repositories.commitTo(target, branch, { "theirs.txt": "x\n" });
  const end = await deliver();
  t.equal(end.code, 0, end.output);
  const names = pod.repositories.git(target, "ls-tree", "-r", "--name-only", branch).split("\n");
  for (const name of ["a", "theirs.txt", ".github/workflows/ci.yaml"]) t.ok(names.includes(name), name);
  t.equal(github.pulls.length, 1);
});

t.test("an agent whose container ends before its first line ends the delivery, too", options, async (t) => {
  const { pod, target, environment } = await handed(t);
  const end = await pod.phase("deliver", { ...environment, AGENT_START_SECONDS: "1" });
  t.equal(end.code, 17, end.output);
  t.match(end.message.summary, /the agent's container did not begin within 1 s/);
  t.equal(pod.repositories.git(target, "for-each-ref", "--format=%(refname)"), "refs/heads/main");
});

t.test(
  "an agent that ends in whatever way ends the delivery, and only its success is delivered",
  options,
  async (t) => {
    for (const [how, words] of [
      ["kill -9 $PPID", /the agent ended, so nothing is delivered/],
      ["exit 3", /the agent ended with exit code 17, so nothing is delivered/],
    ] as const) {
      const { pod, target, codeFiles, codeEnvironment } = await scene(t);
      const environment = await codeEnvironment();
      pod.place(codeFiles());
      await pod.phase("prepare", environment);
      // the program's parent is the shell of the container, as if that had been killed for its memory
      pod.agent(`echo a > a; git add a; git commit -qm half\n${how}`);
      const delivering = pod.phase("deliver", environment);
      const agent = await pod.phase("agent", environment);
      t.not(agent.code, 0, how);
      const delivered = await delivering;
      t.equal(delivered.code, 0, delivered.output);
      t.match(delivered.output, words);
      t.equal(pod.repositories.git(target, "for-each-ref", "--format=%(refname)"), "refs/heads/main");
    }
  },
);

t.test("the agent does not begin before its work can be delivered", options, async (t) => {
  const { pod, codeFiles, codeEnvironment } = await scene(t);
  const environment = await codeEnvironment();
  pod.place(codeFiles());
  await pod.phase("prepare", environment);
  pod.agent(`touch ${pod.root}/began\n${works}`);
  const child = pod.start({}, environment, "agent");
  const ended = pod.end(child, "agent");
  t.notOk(existsSync(join(pod.root, "began")));
  const delivered = await pod.phase("deliver", environment);
  t.equal((await ended).code, 0);
  t.equal(delivered.code, 0, delivered.output);
  await eventually("it began", () => existsSync(join(pod.root, "began")));
});

t.test("stopped while it waits, it ends at once", options, async (t) => {
  const { pod, environment } = await handed(t);
  const child = pod.start({}, { ...environment, AGENT_START_SECONDS: "60" }, "deliver");
  const ended = pod.end(child, "deliver");
  const children = `/proc/${String(child.pid)}/task/${String(child.pid)}/children`;
  const isReading = (pid: string): boolean => existsSync(`/proc/${pid}/fd/8`);
  await eventually("it waits", () => readFileSync(children, "utf8").split(" ").filter(Boolean).some(isReading));
  child.kill("SIGTERM");
  t.match(await ended, { code: 143, message: { summary: "was stopped" } });
});

t.test(
  "a branch that others changed while the agent worked is caught up with, or the conflict is named",
  options,
  async (t) => {
    for (const [file, code] of [
      ["theirs.txt", 0],
      ["services/auth/reset.ts", 15],
    ] as const) {
      const { pod, target, code: run } = await scene(t);
      pod.agent(
        `touch ${pod.root}/working; while [ -e ${pod.root}/working ]; do sleep 0.05; done; echo 1 > reset.ts\n${says("s", "x")}`,
      );
      const ended = run();
      await eventually("the agent works", () => existsSync(join(pod.root, "working")));
      pod.repositories.git(target, "branch", branch, "main");
      pod.repositories.commitTo(target, branch, { [file]: "theirs\n" });
      rmSync(join(pod.root, "working"));
      const end = await ended;
      t.equal(end.code, code, end.output);
      t.match(pod.repositories.git(target, "ls-tree", "-r", "--name-only", branch), file);
    }
  },
);
