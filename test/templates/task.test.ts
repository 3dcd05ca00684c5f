/** The start script of a TaskRun, run for real: with a repository, without one, and without a key for it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { type GitHubServer, podWithGitHub } from "./github-server.js";
import type { End, Pod } from "./pod.js";
import { podGateway } from "./pod-gateway.js";
import { options, says, token } from "./scene.js";
import { branchOf, type TaskRun } from "#src/api/taskrun.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { taskRepository } from "#src/kinds/taskrun/repository.js";
import { taskRunKind } from "#src/kinds/taskrun/taskrun.js";
import { TemplateSource } from "#src/templates/source.js";

const kind = taskRunKind(new TemplateSource());

const works = `printf '%s' "$prompt" > "$WORKDIR/../prompt"; echo 'export const reset = true;' > reset.ts\n${says("session-1", "Added the reset.")}`;

interface Scene {
  readonly pod: Pod;
  readonly github: GitHubServer;
  readonly target: string;
  /** Runs an attempt as its pod does, and holds that nothing confidential can be read anywhere afterwards. */
  readonly attempt: (spec?: Partial<TaskRun["spec"]>, number?: number) => Promise<End>;
}

async function scene(t: Test, keepAttempts?: number): Promise<Scene> {
  const { pod, github } = await podWithGitHub(t);
  const target = pod.repositories.create("acme/auth", {
    "README.md": "# Auth\n",
    "services/auth/index.ts": "export {};\n",
  });
  pod.secret("token", `${token}\n`);
  github.tokens.add(token);
  const storage = { ...defaultConfiguration.storage, ...(keepAttempts !== undefined && { keepAttempts }) };
  return {
    ...{ pod, github, target },
    attempt: async (spec = {}, number = 1) => {
      const run = taskRun(spec, number);
      const files = kind.files(run, number, { ...defaultConfiguration, storage });
      const access = {
        access: (configuration: typeof defaultConfiguration) => taskRepository(run, configuration)?.access,
      };
      const { environment } = await podGateway(t, pod, github, access);
      const isDelivered = taskRepository(run, defaultConfiguration)?.isDelivered === true;
      // without delivery, one container does everything
      const end = isDelivered ? await pod.run(files, environment) : await pod.end(pod.start(files, environment));
      t.same(pod.leaks(end), [], "nothing confidential can be read");
      t.same(pod.temporaryFiles, [], "no file is left in the temporary directory");
      return end;
    },
  };
}

function taskRun(spec: Partial<TaskRun["spec"]>, number: number): TaskRun {
  const earlier = Array.from({ length: number - 1 }, (_, index) => ({
    number: index + 1,
    jobName: "a",
    cause: "Initial",
  }));
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: { name: "task-7", namespace: "orchestrator" },
    spec: {
      ...{ taskId: 7, serviceName: "auth", agentName: "rex", model: "sonnet" },
      markdownFiles: [
        { filename: "task.md", content: "# Password reset\n\nBy mail.\n", fileType: "task" },
        {
          filename: "what-to-do.md",
          content: "Implement it; mind the `edges` and $(touch hurt).\n",
          fileType: "prompt",
        },
        { filename: "system-prompt.md", content: "A file like any other.\n" },
      ],
      ...spec,
    },
    status: { runs: earlier },
  };
}

const repositoryOf = (
  { github }: Scene,
  more: object = {},
): { repository: NonNullable<TaskRun["spec"]["repository"]> } => ({
  repository: { url: `${github.url}/acme/auth.git`, githubUser: "octocat", ...more },
});

const checkout = ({ pod }: Scene, agent = "rex"): string => join(pod.workspace, "auth/checkouts", agent);

t.test(
  "a TaskRun with a repository becomes a commit on the branch of task and agent, and a pull request",
  options,
  async (t) => {
    const made = await scene(t);
    const { pod, github, target, attempt } = made;
    pod.agent(
      `ls -A .task/7/run-1 > ${pod.root}/seen; ls -A >> ${pod.root}/seen; git branch --show-current >> ${pod.root}/seen\n${works}`,
    );
    const end = await attempt(repositoryOf(made, { path: "services/auth" }));
    t.equal(end.code, 0, end.output);
    const branch = "feature/task-7-auth-rex";
    t.equal(branchOf({ taskId: 7, serviceName: "auth", agentName: "rex" }), branch);
    t.equal(
      pod.repositories.git(target, "log", "--format=%an <%ae> %s%n%b", "-1", branch),
      "octocat <octocat@users.noreply.github.com> feat(auth): Password reset\nAdded the reset.",
    );
    t.equal(
      pod.repositories.git(target, "diff", "--name-only", "main", branch),
      "services/auth/reset.ts\nservices/prompt",
      "only the agent's work",
    );
    t.match(github.pulls, [
      { repository: "acme/auth", head: branch, base: "main", title: "feat(auth): Password reset" },
    ]);
    t.match(end.message, { pullRequestUrl: /pull/, sessionId: "session-1", summary: /^Added the reset/ });
    const seen = readFileSync(join(pod.root, "seen"), "utf8").split("\n");
    for (const name of [
      "task.md",
      "what-to-do.md",
      "system-prompt.md",
      "metadata.yaml",
      "CLAUDE.md",
      "index.ts",
      branch,
    ])
      t.ok(seen.includes(name), `the agent finds ${name}`);
    const prompt = readFileSync(join(checkout(made), "services/prompt"), "utf8");
    t.match(prompt, "Work on task 7 of service auth. Its files are in .task/7/run-1/.");
    t.match(prompt, "The branch feature/task-7-auth-rex is checked out");
    t.match(prompt, "Implement it; mind the `edges` and $(touch hurt).");
    t.notMatch(prompt, "@.task/7/run-1/task.md", "the agent program reads CLAUDE.md by itself");
  },
);

t.test("a repository's own CLAUDE.md is kept, and the task's becomes part of the prompt", options, async (t) => {
  const made = await scene(t);
  const { pod, target, attempt } = made;
  pod.repositories.commitTo(target, "main", { "CLAUDE.md": "The rules of this repository.\n" });
  pod.agent(works);
  const end = await attempt(repositoryOf(made));
  t.equal(end.code, 0, end.output);
  t.equal(readFileSync(join(checkout(made), "CLAUDE.md"), "utf8"), "The rules of this repository.\n");
  t.match(readFileSync(join(checkout(made), "../prompt"), "utf8"), "@.task/7/run-1/task.md");
});

t.test(
  "the next attempt continues branch, session and uncommitted work; another agent has its own",
  options,
  async (t) => {
    const made = await scene(t);
    const { pod, github, target, attempt } = made;
    pod.agent(`echo half > half.ts\n${says("session-1", "Half of it.")}\nexit 3`);
    const failed = await attempt(repositoryOf(made));
    t.equal(failed.code, 17, failed.output);
    t.same(github.pulls, [], "nothing is delivered");
    pod.agent(`printf '%s\\n' "$@" > ${pod.root}/options\n${works}`);
    const other = await attempt({ ...repositoryOf(made), agentName: "Tess.1" });
    t.equal(other.code, 0, other.output);
    t.notMatch(readFileSync(join(pod.root, "options"), "utf8"), "--resume");
    const end = await attempt(repositoryOf(made), 2);
    t.equal(end.code, 0, end.output);
    t.match(readFileSync(join(pod.root, "options"), "utf8"), /--resume\nsession-1\n/);
    t.match(pod.repositories.git(target, "diff", "--name-only", "main", "feature/task-7-auth-rex").split("\n"), [
      "half.ts",
      "reset.ts",
    ]);
    t.equal(github.pulls.length, 2);
    t.match(
      pod.repositories.git(target, "for-each-ref", "--format=%(refname:short)"),
      /feature\/task-7-auth-tess-1-[0-9a-f]{6}/,
    );
  },
);

t.test(
  "keys of a Secret that the run names, as token or password; what fails for good says which Secret",
  options,
  async (t) => {
    const made = await scene(t);
    const { pod, github, target, attempt } = made;
    pod.agent(works);
    pod.secret("pat", `${token}\n`);
    const end = await attempt(
      repositoryOf(made, { githubUser: undefined, auth: { type: "Token", secretName: "mine", secretKey: "pat" } }),
    );
    t.equal(end.code, 0, end.output);
    t.equal(
      pod.repositories.git(target, "log", "--format=%an <%ae>", "-1", "feature/task-7-auth-rex"),
      "rex <rex@agent-orchestrator.invalid>",
      "no account of anybody's",
    );
    t.equal(github.pulls.length, 1);
    const auth = { type: "BasicAuth", secretName: "basic" };
    const refused = await attempt({ ...repositoryOf(made, { githubUser: undefined, auth }), taskId: 8 });
    t.equal(refused.code, 11, refused.output);
    t.match(refused.message.summary, /the Secret basic must have the key username/);
    pod.secret("username", "octocat\n");
    pod.secret("password", `${token}\n`);
    const basic = await attempt({ ...repositoryOf(made, { githubUser: undefined, auth }), taskId: 8 });
    t.equal(basic.code, 0, basic.output);
    t.match(pod.repositories.git(target, "for-each-ref", "--format=%(refname:short)"), "feature/task-8-auth-rex");
  },
);

t.test("a branch that is not there ends the run, with the field to correct", options, async (t) => {
  const made = await scene(t);
  made.pod.agent(works);
  const end = await made.attempt(repositoryOf(made, { branch: "develop" }));
  t.equal(end.code, 13, end.output);
  t.match(end.message.summary, /has no branch develop: set spec\.repository\.branch/);
});

t.test("without a key for the repository, the work stays in the workspace, committed", options, async (t) => {
  const made = await scene(t);
  const { pod, github, target, attempt } = made;
  github.open.add("acme/auth");
  pod.agent(works);
  const end = await attempt(repositoryOf(made, { githubUser: undefined }));
  t.equal(end.code, 0, end.output);
  t.equal(pod.repositories.git(target, "for-each-ref", "--format=%(refname)"), "refs/heads/main", "nothing is pushed");
  t.match(readFileSync(join(checkout(made), "../prompt"), "utf8"), "your changes are committed, and not pushed");
  t.match(pod.repositories.git(checkout(made), "log", "--format=%s", "-1"), "feat(auth): Password reset");
  t.match(end.output, "the work stays in the workspace, on branch feature/task-7-auth-rex");
});

t.test("without a repository, the agent works in the directory of the service", { skip: false }, async (t) => {
  const made = await scene(t, 2);
  const { pod, attempt } = made;
  const service = join(pod.workspace, "auth");
  pod.agent(
    `printf '%s' "$prompt" > prompt; cat CLAUDE.md .task/7/run-*/task.md > copies; echo x > made.ts\n${says("session-1", "Done.")}`,
  );
  const end = await attempt();
  t.equal(end.code, 0, end.output);
  t.equal(existsSync(join(service, "made.ts")), true);
  t.match(
    readFileSync(join(service, "copies"), "utf8"),
    /- Task details: @\.task\/7\/run-1\/task\.md[^]*# Password reset/,
  );
  const prompt = readFileSync(join(service, "prompt"), "utf8");
  t.match(prompt, /^Work on task 7 of service auth\.[^]*Implement it; mind/);
  t.notMatch(prompt, "branch");
  t.match(end.message, { sessionId: "session-1", summary: "Done." });
  const secrets = join(pod.root, "outside");
  mkdirSync(secrets);
  writeFileSync(join(secrets, "kept"), "");
  for (const number of [2, 3]) {
    const again = await attempt({}, number);
    t.equal(again.code, 0, again.output);
  }
  t.same(readdirSync(join(service, ".task/7")).sort(), ["run-2", "run-3"], "files of older attempts are gone");
});

t.test("links that an agent left lead neither files nor clones out of the workspace", options, async (t) => {
  const made = await scene(t);
  const { pod, attempt } = made;
  const outside = join(pod.root, "outside");
  mkdirSync(outside);
  symlinkSync(outside, join(pod.workspace, "auth"));
  pod.agent(works);
  const alone = await attempt();
  t.equal(alone.code, 0, alone.output);
  mkdirSync(join(pod.workspace, "auth"), { recursive: true });
  symlinkSync(outside, join(pod.workspace, "auth/checkouts"));
  const cloned = await attempt(repositoryOf(made));
  t.equal(cloned.code, 0, cloned.output);
  t.same(readdirSync(outside), []);
});
