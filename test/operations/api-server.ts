/** An API server in this process with one run and its pods, for what needs streams: watches, logs and tables. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import { TaskRuns, type TaskRun } from "#src/api/taskrun.js";
import type { Found } from "#src/operations/any-run.js";
import { HttpClient } from "#src/runtime/client/http.js";
import type { Pod, Stored } from "#src/runtime/client/objects.js";
import { exampleRun } from "../runs/model-cluster.js";

type Answer = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => void;

/** Open watches of runs and pods, the current objects, and the output of pods. */
export class ApiServer {
  run: Stored<TaskRun>;
  pods: Stored<Pod>[] = [];
  /** By pod; what is written later comes to those who follow. */
  readonly output = new Map<string, string>();
  readonly asked: string[] = [];
  isAway = false;
  /** Answers by path that come before the usual ones. */
  readonly answers = new Map<string, Answer>();
  readonly #watches = new Set<{ readonly plural: string; readonly response: ServerResponse }>();
  readonly #followers = new Map<string, Set<ServerResponse>>();
  #version = 1;

  constructor(status?: TaskRun["status"]) {
    const { metadata: _, ...run } = exampleRun();
    const creationTimestamp = "2026-01-02T03:04:05Z";
    const metadata = { name: "one", namespace: "ns", uid: "u1", resourceVersion: "1", creationTimestamp };
    this.run = { ...run, metadata, ...(status && { status }) };
  }

  get found(): Found {
    return { type: TaskRuns, run: this.run };
  }

  /** Starts it; returns its URL. */
  async start(t: Test): Promise<string> {
    const server = createServer((request, response) => this.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** A client of this server, which is started. */
  async client(t: Test): Promise<HttpClient> {
    const connection = { server: await this.start(t), tls: {} };
    const access = {
      namespace: "ns",
      connection: () => Promise.resolve(connection),
      headers: () => Promise.resolve({}),
    };
    const client = new HttpClient({ access, random: () => 0 });
    t.teardown(() => client.close());
    return client;
  }

  setStatus(status: TaskRun["status"]): void {
    const metadata = { ...this.run.metadata, resourceVersion: this.#next() };
    this.run = { ...this.run, metadata, ...(status && { status }) };
    this.#send("taskruns", "MODIFIED", this.run);
  }

  deleteRun(): void {
    this.#send("taskruns", "DELETED", this.run);
    this.run = { ...this.run, metadata: { ...this.run.metadata, name: "", uid: "gone" } };
  }

  /** Puts a pod of an attempt, with its agent running or terminated, or not started yet. */
  putPod(attempt: number, state: "waiting" | "running" | "terminated"): void {
    const name = `pod-${attempt}`;
    const labels = { "orchestrator.io/owner-uid": "u1", "orchestrator.io/run": String(attempt) };
    const metadata = { name, namespace: "ns", uid: name, resourceVersion: this.#next(), labels };
    const containerStatuses = [{ name: "claude-agent", state: { [state]: {} } }];
    const pod = { apiVersion: "v1", kind: "Pod", metadata, status: { containerStatuses } } as unknown as Stored<Pod>;
    const isNew = !this.pods.some((each) => each.metadata.name === name);
    this.pods = [...this.pods.filter((each) => each.metadata.name !== name), pod];
    this.#send("pods", isNew ? "ADDED" : "MODIFIED", pod);
    if (state === "terminated") for (const follower of this.#followers.get(name) ?? []) follower.end();
  }

  write(attempt: number, text: string): void {
    const name = `pod-${attempt}`;
    this.output.set(name, `${this.output.get(name) ?? ""}${text}`);
    for (const follower of this.#followers.get(name) ?? []) follower.write(text);
  }

  /** Ends all watches, as an API server does from time to time. */
  endWatches(): void {
    for (const { response } of this.#watches) response.end();
  }

  get watching(): number {
    return this.#watches.size;
  }

  /** Open requests for output that go on. */
  get following(): number {
    return [...this.#followers.values()].reduce((sum, followers) => sum + followers.size, 0);
  }

  #next(): string {
    this.#version += 1;
    return String(this.#version);
  }

  #send(plural: string, type: string, object: object): void {
    for (const watch of this.#watches)
      if (watch.plural === plural) watch.response.write(`${JSON.stringify({ type, object })}\n`);
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://server");
    this.asked.push(request.url ?? "");
    if (this.isAway) return void request.socket.destroy();
    const special = this.answers.get(pathname);
    if (special !== undefined) {
      special(request, response, searchParams);
      return;
    }
    const plural = pathname.includes("/pods") ? "pods" : "taskruns";
    const json = (value: object, code = 200): void =>
      void response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(value));
    const log = /\/pods\/([^/]+)\/log$/.exec(pathname)?.[1];
    if (log !== undefined) {
      const container = searchParams.get("container") ?? "";
      const isAgents = container === "claude-agent";
      if (isAgents) this.#log(log, searchParams.get("follow") === "true", response);
      else response.writeHead(200, { "content-type": "text/plain" }).end(this.output.get(`${log}/${container}`) ?? "");
      return;
    }
    if (searchParams.get("watch") !== null) {
      const watch = { plural, response };
      this.#watches.add(watch);
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      return void response.once("close", () => this.#watches.delete(watch));
    }
    const named = /\/pods\/([^/]+)$/.exec(pathname)?.[1];
    if (named !== undefined) {
      const pod = this.pods.find(({ metadata }) => metadata.name === named);
      if (pod !== undefined) {
        json(pod);
        return;
      }
    } else if (plural === "pods") {
      json({ kind: "PodList", metadata: { resourceVersion: String(this.#version) }, items: this.pods });
      return;
    }
    if (pathname.endsWith(`/taskruns/${this.run.metadata.name}`)) {
      json(this.run);
      return;
    }
    json({ kind: "Status", status: "Failure", code: 404, reason: "NotFound", message: "not found" }, 404);
  }

  #log(pod: string, follow: boolean, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/plain" });
    response.write(this.output.get(pod) ?? "");
    const isOver = this.pods.some(
      ({ metadata, status }) => metadata.name === pod && status?.containerStatuses?.[0]?.state?.terminated,
    );
    if (!follow || isOver) return void response.end();
    const followers = this.#followers.get(pod) ?? new Set();
    this.#followers.set(pod, followers.add(response));
  }
}
