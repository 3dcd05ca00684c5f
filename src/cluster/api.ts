import { readFileSync } from "node:fs";
import { Agent, request } from "undici";

/** A response of the API server that is not 2xx. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    method: string,
    path: string,
    body: string,
  ) {
    super(`${method} ${path}: ${status}: ${body.slice(0, 500)}`);
    this.name = "ApiError";
  }
}

/**
 * The few API calls that starting a cluster needs, as its administrator. Not the runtime's client: a bug in that client
 * must not keep the cluster that would show it from starting.
 */
export class AdminApi {
  readonly #agent: Agent;

  constructor(
    private readonly server: string,
    files: { ca: string; certificate: string; key: string },
  ) {
    this.#agent = new Agent({
      connect: {
        ca: readFileSync(files.ca),
        cert: readFileSync(files.certificate),
        key: readFileSync(files.key),
        timeout: 5_000,
      },
    });
  }

  /** @throws {ApiError} for a response that is not 2xx. */
  async call<T>(
    method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE",
    path: string,
    body?: unknown,
    contentType = "application/json",
  ): Promise<T> {
    const answer = await request(`${this.server}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        "user-agent": "agent-orchestrator-local-cluster",
        ...(body === undefined ? {} : { "content-type": contentType }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      headersTimeout: 15_000,
      bodyTimeout: 15_000,
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new ApiError(answer.statusCode, method, path, text);
    return (answer.headers["content-type"]?.includes("json") === true ? JSON.parse(text) : text) as T;
  }

  /** Creates the object unless one of its name exists. */
  async ensure(path: string, object: unknown): Promise<void> {
    try {
      await this.call("POST", path, object);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
  }

  /** Calls back for every chunk of a watch until the watch ends, for whatever reason. */
  async watch(path: string, onEvent: () => void, signal: AbortSignal): Promise<void> {
    const answer = await request(`${this.server}${path}`, {
      dispatcher: this.#agent,
      signal,
      headersTimeout: 15_000,
      bodyTimeout: 0,
    });
    for await (const _chunk of answer.body) onEvent();
  }

  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
