/** A task on real pods, from its issue on: GitHub's events about it, and the runs that they lead to. */
import { CodeRuns, stageLabel, type CodeRun } from "#src/api/coderun.js";
import { Deliveries, isFinished, type Delivery } from "#src/api/delivery.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { eventually } from "../eventually.js";
import { payloadOf, sendWebhook } from "../integration/receivers.js";
import type { PullRequest } from "../templates/github-server.js";
import type { GitScene } from "./git-scene.js";
import type { RealCluster } from "./real-cluster.js";

const patience = 240_000;
const ann = { login: "ann", id: 1, type: "User" };

/**
 * What the agents do. With flaky.txt in the repository, the implementation fails twice; with slow.txt it takes a while. Quality holds until it
 * sees a second commit, so that a push can come in the middle of it. Each remediation leaves its prompt in a file of its own.
 */
export const agentScript = [
  'case "${WORKFLOW_STAGE:-implementation}" in',
  'implementation) [ ! -e flaky.txt ] || [ "$RUN_NUMBER" -gt 2 ] || exit 1; [ ! -e slow.txt ] || sleep 10; echo "$TASK_ID" > work.txt ;;',
  'quality) [ -e second.txt ] || sleep 600; echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  'testing) echo \'{"qaStatus":"approved"}\' > "$RESULT_FILE" ;;',
  'remediation) case "$prompt" in *"conflicts with"*) git fetch -q origin main; git merge -q -s ours -m "Merge main" FETCH_HEAD ;; esac',
  '  number=1; while [ -e "remediation-$number.txt" ]; do number=$((number + 1)); done',
  '  printf "%s" "$prompt" > "remediation-$number.txt" ;;',
  "esac",
].join("\n");

/** Configuration of the agents, and of a server that receives webhooks. */
export const storyConfiguration = {
  retry: { maxRetries: 2, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
  agents: {
    rex: { githubApp: "Acme-Rex" },
    cleo: { githubApp: "Acme-Cleo", may: ["label", "requestChanges"] },
    tess: { githubApp: "Acme-Tess", may: ["approve"] },
  },
};

/** The text of the issue, which is neither an expression of Argo nor the end of a YAML string. */
export const issueText = 'By mail. {{=sprig.upper("x")}} {{workflow.uid}} "\'\n  taskId: 1';

/** A payload's `pull_request`, beside what the scene knows of it. */
type More = Readonly<Record<string, unknown>>;

export class PullRequestStory {
  /** GitHub's clock: each event comes a minute after the one before it. */
  #minute = 0;

  /** @param url of the webhook @param task the issue's number */
  constructor(
    private readonly real: RealCluster,
    readonly scene: GitScene,
    private readonly url: string,
    private readonly task: number,
  ) {}

  get branch(): string {
    return `feature/task-${this.task}-implementation`;
  }

  /** The newest commit of the task's branch. */
  get head(): string {
    return this.scene.git("acme/auth", "rev-parse", this.branch).trim();
  }

  get pull(): PullRequest {
    const [pull, second] = this.scene.github.pulls;
    if (pull === undefined || second !== undefined) throw new Error("expected exactly one pull request");
    return pull;
  }

  /** The time of the next event; RFC 3339. */
  #next(): string {
    return new Date(Date.UTC(2026, 0, 1, 0, ++this.#minute)).toISOString();
  }

  /** The time of the event so many events ago. */
  earlier(events: number): string {
    return new Date(Date.UTC(2026, 0, 1, 0, this.#minute - events)).toISOString();
  }

  /** @returns status and outcome */
  #send(id: string, event: string, payload: object): Promise<string> {
    const { host } = new URL(this.scene.github.url);
    return sendWebhook(this.url, { id: this.#id(id), event, payload: payloadOf(host, payload, "auth") });
  }

  #id(id: string): string {
    return `${id}-${this.scene.namespace}`;
  }

  issue(id: string, action: string, label: string): Promise<string> {
    const issue = { number: this.task, title: "Password reset", body: issueText, user: ann, state: "open" };
    const payload = { action, label: { name: label }, issue: { ...issue, labels: [{ name: label }] } };
    return this.#send(id, "issues", { ...payload, issue: { ...payload.issue, updated_at: this.#next() } });
  }

  /** An event of the pull request. @param payload further members; those of `pull_request` are added to its own */
  pullRequest(
    id: string,
    payload: { readonly action: string; readonly pull_request?: More; readonly [member: string]: unknown },
    event = "pull_request",
  ): Promise<string> {
    const { number, title, labels } = this.pull;
    const pull_request = {
      ...{ number, title, draft: false, user: ann, merged: false, state: "open", updated_at: this.#next() },
      labels: labels.map((name) => ({ name })),
      head: { ref: this.branch, sha: this.head, repo: { id: 1 } },
      base: { ref: "main", sha: this.head, repo: { id: 1 } },
      ...payload.pull_request,
    };
    return this.#send(id, event, { ...payload, pull_request });
  }

  /** A review by somebody. */
  review(id: string, state: string, body: string): Promise<string> {
    return this.pullRequest(
      id,
      { action: "submitted", review: { id: 1, state, body, user: ann } },
      "pull_request_review",
    );
  }

  /** A check suite that failed at a commit. */
  failedCheck(id: string, sha: string): Promise<string> {
    const { number } = this.pull;
    const pull = { number, head: { ref: this.branch, sha, repo: { id: 1 } }, base: { ref: "main", repo: { id: 1 } } };
    const suite = { head_branch: this.branch, head_sha: sha, conclusion: "failure", app: { name: "CI" } };
    return this.#send(id, "check_suite", { action: "completed", check_suite: { ...suite, pull_requests: [pull] } });
  }

  /** Somebody has pushed to a branch. */
  push(id: string, branch: string, path: string): Promise<string> {
    const after = this.scene.git("acme/auth", "rev-parse", branch).trim();
    return this.#send(id, "push", { ref: `refs/heads/${branch}`, after, commits: [{ modified: [path] }] });
  }

  /** Waits until an event is decided. */
  async decided(id: string): Promise<Stored<Delivery>> {
    return await this.#until(`${id} is decided`, async () => {
      const key = { namespace: "orchestrator", name: `github-${this.#id(id)}` };
      const found = await this.real.client.get(Deliveries, key);
      return isFinished(found) && found;
    });
  }

  /** The task's runs, in the order of their creation. */
  async runs(): Promise<Stored<CodeRun>[]> {
    const { items } = await this.real.client.list(CodeRuns, { namespace: this.scene.namespace });
    const at = ({ metadata }: Stored<CodeRun>): string => `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
    return items.sort((one, other) => at(one).localeCompare(at(other)));
  }

  /** Waits until so many runs are there, of which the last has this stage and phase. */
  async run(number: number, stage: string, phase: string): Promise<Stored<CodeRun>> {
    return await this.#until(`run ${number}, of ${stage}, is ${phase}`, async () => {
      const run = (await this.runs())[number - 1];
      return run !== undefined && stageOf(run) === stage && run.status?.phase === phase && run;
    });
  }

  async #until<T>(what: string, probe: () => Promise<T | false>): Promise<T> {
    return await eventually(what, probe, patience).catch(async (error: unknown) => {
      const kinds = "deliveries.orchestrator.io,coderuns.orchestrator.io,pods";
      throw new Error(await this.real.kubectl(["get", "-A", kinds, "-o", "wide"]), { cause: error });
    });
  }
}

/** A run without a stage implements the task. */
export const stageOf = ({ metadata }: Stored<CodeRun>): string => metadata.labels?.[stageLabel] ?? "implementation";
