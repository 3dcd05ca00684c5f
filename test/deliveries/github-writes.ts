/** What is written to GitHub, as GitHub keeps it. An answer can be lost, before or after its write took effect. */
import type { GitHubAnswer } from "#src/github/github-api.js";
import type { JsonObject } from "#src/runtime/schema/json.js";

/** The manager dies. */
export class Killed extends Error {}

export const ours = { id: 17, client_id: "Iv1.ours" };

interface Comment {
  readonly id: number;
  body: string;
  readonly performed_via_github_app: object | null;
}

/** The part of GitHub's API that writes about pull request 3 and issue 8 of acme/shop. */
export class GitHubWrites {
  readonly comments: Comment[] = [];
  readonly checks: JsonObject[] = [];
  readonly labels = new Set<string>();
  readonly calls: string[] = [];
  /** The write, counted from 0, whose answer is lost: it took effect or not. */
  lose: { readonly write: number; readonly isDone: boolean } | undefined;
  denies = false;
  #writes = 0;
  #id = 100;

  request = async (method: string, path: string, _: string, body: JsonObject = {}): Promise<GitHubAnswer> => {
    await Promise.resolve();
    this.calls.push(`${method} ${path.replace("/repos/acme/shop", "")}`);
    if (this.denies) return { status: 403, content: {}, message: "Resource not accessible by integration" };
    if (method === "GET") return ok(this.#read(path));
    const lost = this.lose?.write === this.#writes++ ? this.lose : undefined;
    if (lost?.isDone === false) throw new Killed();
    const answer = this.#write(method, path, body);
    if (lost !== undefined) throw new Killed();
    return answer;
  };

  say(body: string, app: object | null = null): void {
    this.comments.push({ id: this.#id++, body, performed_via_github_app: app });
  }

  #read(path: string): unknown {
    const [, query = ""] = path.split("?");
    const parameters = new URLSearchParams(query);
    if (path.includes("/check-runs"))
      return { check_runs: this.checks.filter(({ name }) => name === parameters.get("check_name")) };
    const page = Number(parameters.get("page"));
    return this.comments.slice((page - 1) * 100, page * 100);
  }

  #write(method: string, path: string, body: JsonObject): GitHubAnswer {
    if (method === "POST" && /^\/repos\/acme\/shop\/issues\/[38]\/labels$/.test(path)) {
      for (const label of body.labels as string[]) this.labels.add(label);
      return ok([...this.labels]);
    }
    if (method === "POST" && /^\/repos\/acme\/shop\/issues\/[38]\/comments$/.test(path)) {
      this.say(String(body.body), ours);
      return { status: 201, content: this.comments.at(-1), message: "" };
    }
    if (method === "POST" && path === "/repos/acme/shop/check-runs") {
      this.checks.push({ ...body, id: this.#id++, app: ours });
      return { status: 201, content: this.checks.at(-1), message: "" };
    }
    const id = Number(/\d+$/.exec(path)?.[0]);
    const comment = this.comments.find((each) => each.id === id);
    const check = this.checks.find((each) => each.id === id);
    if (comment === undefined && check === undefined) return { status: 404, content: {}, message: "Not Found" };
    if (comment !== undefined) comment.body = String(body.body);
    if (check !== undefined) Object.assign(check, body);
    return ok({});
  }
}

const ok = (content: unknown): GitHubAnswer => ({ status: 200, content, message: "" });
