/** A webhook of GitHub as the spec of a Delivery: the few fields that rules read, each bounded. */
import { isNestedDeeper } from "../runtime/input/bounded-json.js";
import type { DeliverySpec } from "../api/delivery.js";
import { cutText } from "../cut-text.js";
import { project, type Projection, type Shape } from "./json-projection.js";

/** Levels of a payload; GitHub's have about ten. */
const maxDepth = 64;

/** Bytes of a value in a payload: of short ones, of texts that people write, and of lists. */
const short = 2_048;
const text = 1024 * 1024;
const list = 1024 * 1024;

const account: Shape = { login: short, id: short, type: short };
const headOrBase: Shape = { ref: short, sha: short, repo: { id: short } };

const shape: Shape = {
  ...{ action: short, ref: short, before: short, after: short, deleted: short, commits: list },
  repository: { id: short, name: short, html_url: short, full_name: short, owner: account },
  installation: { id: short },
  sender: account,
  label: { name: short },
  issue: {
    ...{ number: short, title: short, user: account, author_association: short, labels: list, body: text },
    ...{ state: short, updated_at: short, pull_request: { url: short } },
  },
  pull_request: {
    ...{ number: short, title: short, user: account, author_association: short, labels: list },
    ...{ state: short, updated_at: short, draft: short, merged: short, head: headOrBase, base: headOrBase },
  },
  comment: { user: account, author_association: short, body: text, html_url: short, path: short },
  review: { user: account, author_association: short, body: text, html_url: short, state: short },
  check_run: {
    ...{ name: short, html_url: short, head_sha: short, conclusion: short, pull_requests: list },
    check_suite: { head_branch: short },
  },
  check_suite: {
    ...{ head_branch: short, head_sha: short, conclusion: short, pull_requests: list },
    app: { name: short },
  },
  workflow_run: {
    ...{ name: short, html_url: short, head_branch: short, head_sha: short, conclusion: short, pull_requests: list },
    head_repository: { id: short },
  },
};

/** The accepted events; for some only these actions. Others have no outcome in any rule. */
const takenIn: Readonly<Record<string, readonly string[] | "all">> = {
  pull_request: "all",
  pull_request_review: "all",
  pull_request_review_comment: "all",
  issue_comment: "all",
  issues: "all",
  push: "all",
  installation: "all",
  check_run: ["completed"],
  check_suite: ["completed"],
  workflow_run: ["completed"],
};

/** The accepted events, by name. */
export const knownEvents = Object.keys(takenIn);

/** Whether rules can be for an event. @param action of the payload */
export function isTakenIn(event: string, action: string | undefined): boolean {
  const actions = Object.hasOwn(takenIn, event) ? takenIn[event] : undefined;
  return actions !== undefined && (actions === "all" || actions.includes(action ?? ""));
}

/** The payload cannot be read. The message is a clause without any part of the payload. */
export class PayloadError extends Error {
  override readonly name = "PayloadError";
}

/**
 * @param body the payload, whose signature is right
 * @returns undefined for an event that is not accepted
 * @throws PayloadError
 */
export function githubEvent(event: string, id: string, body: Buffer): DeliverySpec | undefined {
  if (!Object.hasOwn(takenIn, event)) return undefined;
  const payload = read(body);
  const action = textOf(payload.action, 63);
  if (!isTakenIn(event, action)) return undefined;
  const repository = repositoryOf(payload);
  return defined({
    ...{ source: "github" as const, id, event, action, repository },
    installation: integerOf(member(payload, "installation").id),
    sender: accountOf(payload.sender),
    label: textOf(member(payload, "label").name, 100),
    ...subjectOf(payload),
    ...commentOf(payload),
    ...checkOf(payload),
    ...(event === "push" && pushOf(payload)),
  });
}

function read(body: Buffer): Projection {
  if (isNestedDeeper(body, maxDepth)) throw new PayloadError(`is nested deeper than ${maxDepth} levels`);
  let payload: Projection | undefined;
  try {
    payload = project(body, shape);
  } catch {
    // its own message could quote the payload
    throw new PayloadError("is not valid JSON, or contains a member twice");
  }
  if (payload === undefined) throw new PayloadError("is not a JSON object");
  return payload;
}

function repositoryOf(payload: Projection): DeliverySpec["repository"] {
  const { name, html_url: url, owner } = member(payload, "repository");
  const login = textOf(member({ owner }, "owner").login, 100);
  const text = textOf(name, 100);
  const page = textOf(url, short);
  const host = page !== undefined && URL.canParse(page) ? new URL(page).host.toLowerCase() : "";
  const isHost = host !== "" && host.length <= 253;
  return login === undefined || text === undefined || !isHost ? undefined : { host, owner: login, name: text };
}

function subjectOf(payload: Projection): Partial<DeliverySpec> {
  const pull = member(payload, "pull_request");
  const issue = member(payload, "issue");
  const isPull = payload.pull_request !== undefined;
  const source = isPull ? pull : issue;
  const number = integerOf(source.number);
  if (number === undefined || number < 1) return {};
  const head = member(pull, "head");
  const base = member(pull, "base");
  const isOfPull = isPull || issue.pull_request !== undefined;
  return defined({
    subject: defined({
      ...{ kind: isOfPull ? ("PullRequest" as const) : ("Issue" as const), number, title: textOf(source.title, 256) },
      ...(!isOfPull && { text: textOf(issue.body, 4_096) }),
      ...{ author: accountOf(source.user), association: textOf(source.author_association, 63) },
      ...{
        updatedAt: timeOf(source.updated_at),
        open: source.state === undefined ? undefined : source.state === "open",
      },
      ...{ draft: booleanOf(source.draft), merged: booleanOf(source.merged) },
    }),
    labels: namesOf(source.labels),
    ...(isPull && {
      branch: textOf(head.ref, 255),
      baseBranch: textOf(base.ref, 255),
      revision: revisionOf(head.sha),
      // the repository of a fork may have been deleted
      fork: integerOf(member(head, "repo").id) !== integerOf(member(base, "repo").id),
    }),
  });
}

function commentOf(payload: Projection): Partial<DeliverySpec> {
  const review = member(payload, "review");
  const source = payload.comment === undefined ? review : member(payload, "comment");
  if (payload.comment === undefined && payload.review === undefined) return {};
  return defined({
    comment: defined({
      ...{ author: accountOf(source.user), association: textOf(source.author_association, 63) },
      ...{ text: textOf(source.body, 4_096), url: textOf(source.html_url, 1_024), path: textOf(source.path, 1_024) },
    }),
    conclusion: textOf(review.state, 63)?.toLowerCase(),
  });
}

function checkOf(payload: Projection): Partial<DeliverySpec> {
  const name = ["check_run", "check_suite", "workflow_run"].find((each) => payload[each] !== undefined);
  if (name === undefined) return {};
  const check = member(payload, name);
  const [pull] = Array.isArray(check.pull_requests) ? (check.pull_requests as unknown[]) : [];
  const number = integerOf(objectOf(pull).number);
  const head = member(objectOf(pull), "head");
  const base = member(objectOf(pull), "base");
  const heads = [member(head, "repo").id, member(check, "head_repository").id].map(integerOf);
  const bases = [member(base, "repo").id, member(payload, "repository").id].map(integerOf);
  const branch = textOf(check.head_branch ?? member(check, "check_suite").head_branch, 255);
  return defined({
    check: defined({ name: textOf(check.name ?? member(check, "app").name, 256), url: textOf(check.html_url, 1_024) }),
    conclusion: textOf(check.conclusion, 63),
    ...{ branch, baseBranch: textOf(base.ref, 255), revision: revisionOf(check.head_sha) },
    // GitHub leaves the branch out for forks
    fork: branch === undefined || heads.some((id, index) => id !== undefined && id !== bases[index]),
    ...(number !== undefined && number > 0 && { subject: { kind: "PullRequest" as const, number } }),
  });
}

/** Paths of a push. */
const maxPaths = 200;

function pushOf(payload: Projection): Partial<DeliverySpec> {
  const [, branch] = /^refs\/heads\/(.+)$/s.exec(textOf(payload.ref, 300) ?? "") ?? [];
  const commits: readonly unknown[] = Array.isArray(payload.commits) ? payload.commits : [];
  const paths = new Set<string>();
  for (const commit of commits)
    for (const change of ["added", "removed", "modified"]) {
      const files = objectOf(commit)[change];
      for (const file of Array.isArray(files) ? (files as unknown[]) : [])
        if (typeof file === "string" && file.length <= 1_024 && paths.size <= maxPaths) paths.add(file);
    }
  return defined({
    ...{ branch: branch?.slice(0, 255), revision: revisionOf(payload.after), fork: false },
    paths: [...paths].slice(0, maxPaths),
    pathsTruncated: paths.size > maxPaths || payload.commits === undefined,
  });
}

/** Also for values that are no objects: without members. */
function objectOf(value: unknown): Projection {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Projection) : {};
}

const member = (of: Projection, name: string): Projection => objectOf(of[name]);

/** Cut after so many characters, and not within one. */
function textOf(value: unknown, length: number): string | undefined {
  if (typeof value !== "string" || value === "") return undefined;
  return cutText(value, length);
}

function integerOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** In UTC and whole seconds, so that later times are greater texts. */
function timeOf(value: unknown): string | undefined {
  const time = typeof value === "string" && value.length <= 40 ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : `${new Date(time).toISOString().slice(0, 19)}Z`;
}

const booleanOf = (value: unknown): boolean | undefined => (typeof value === "boolean" ? value : undefined);

/** A commit; a deleted branch has none. */
function revisionOf(value: unknown): string | undefined {
  return typeof value === "string" && /^[0-9a-f]{7,64}$/.test(value) && !/^0+$/.test(value) ? value : undefined;
}

function accountOf(value: unknown): DeliverySpec["sender"] {
  const { login, id, type } = objectOf(value);
  const name = textOf(login, 100);
  return name === undefined ? undefined : defined({ login: name, id: integerOf(id), type: textOf(type, 63) });
}

function namesOf(labels: unknown): string[] | undefined {
  if (!Array.isArray(labels)) return undefined;
  const names = labels.slice(0, 100).map((each: unknown) => textOf(objectOf(each).name, 100));
  return names.filter((name): name is string => name !== undefined);
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without members that are undefined. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Defined<T>;
}
