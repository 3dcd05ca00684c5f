/** What follows an agent's verdict, against the answers of GitHub's API. */
import t from "tap";
import type { GitHubAnswer } from "#src/github/github-api.js";
import { review, type Review } from "#src/github/reviews.js";

const sha = "ab12cd34ab12cd34ab12cd34ab12cd34ab12cd34";
const wanted: Review = {
  ...{ owner: "acme", repository: "shop", number: 3, head: "feature/task-5", passed: true, body: "Good.", id: "run 1" },
  ...{ revisions: [sha], acts: { label: "ready-for-qa" } },
};

/** GitHub with pull request 3, which has these labels. */
class Labels {
  readonly requests: string[] = [];
  #labels: string[];
  readonly #refused: string;

  constructor(labels: string[], refused = "") {
    this.#labels = labels;
    this.#refused = refused;
  }

  request(method: string, path: string, _token: string, body?: unknown): Promise<GitHubAnswer> {
    const short = `${method} ${path.replace("/repos/acme/shop", "")}`;
    this.requests.push(short);
    return Promise.resolve({ message: "", ...this.#answer(method, path, body) });
  }

  #answer(method: string, path: string, body: unknown): { status: number; content: unknown; message?: string } {
    if (method === this.#refused) return { status: 403, content: {}, message: "no" };
    if (method === "DELETE") {
      const name = decodeURIComponent(path.split("/").at(-1) ?? "");
      const before = this.#labels.length;
      this.#labels = this.#labels.filter((label) => label !== name);
      return { status: this.#labels.length < before ? 200 : 404, content: {} };
    }
    if (method === "POST") {
      this.#labels.push(...(body as { labels: string[] }).labels);
      return { status: 200, content: [] };
    }
    const side = { sha, repo: { id: 1 } };
    const pull = { number: 3, state: "open", head: side, base: side, html_url: "https://github.com/acme/shop/pull/3" };
    return { status: 200, content: { ...pull, labels: this.#labels.map((name) => ({ name })) } };
  }
}

t.test("a label of an earlier round is set again, so that GitHub sends an event", async (t) => {
  const fresh = new Labels(["task-5"]);
  t.match(await review(fresh as never, "t", wanted), { done: ["the label ready-for-qa is set"] });
  t.same(fresh.requests, ["GET /pulls/3", "POST /issues/3/labels"]);

  const earlier = new Labels(["task-5", "ready-for-qa"]);
  t.match(await review(earlier as never, "t", wanted), { done: ["the label ready-for-qa is set"] });
  t.same(earlier.requests, ["GET /pulls/3", "DELETE /issues/3/labels/ready-for-qa", "POST /issues/3/labels"]);

  const removedMeanwhile = new Labels(["Ready-For-QA"]);
  t.match(await review(removedMeanwhile as never, "t", wanted), { done: ["the label ready-for-qa is set"] });
  t.equal(removedMeanwhile.requests.at(-1), "POST /issues/3/labels");
});

t.test("a label that GitHub does not let the agent remove or set is an error in GitHub's words", async (t) => {
  for (const [refused, labels, message] of [
    ["DELETE", ["ready-for-qa"], /the label ready-for-qa was not removed.*no/],
    ["POST", [], /the label ready-for-qa was not set.*no/],
  ] as const)
    await t.rejects(review(new Labels([...labels], refused) as never, "t", wanted), { message });
});

t.test("a commit that the agent has not seen gets no label", async (t) => {
  const labels = new Labels([]);
  const { done, warning = "" } = await review(labels as never, "t", { ...wanted, revisions: ["f".repeat(40)] });
  t.same(done, []);
  t.match(warning, /has not seen/);
  t.same(labels.requests, ["GET /pulls/3"]);
});
