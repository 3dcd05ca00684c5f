/** `orchestrator task --server`: the same through the REST server as with the API server, and what keeps it from there. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import t, { type Test } from "tap";
import { serverAccess, serverUrl } from "#src/cli/runs/server-access.js";
import { taskCommand } from "#src/cli/task/task.js";
import { eventually } from "../eventually.js";
import { ApiServer } from "../operations/api-server.js";
import { serve } from "../server/served-app.js";
import { outcomeOf, type Outcome } from "./command-line.js";
import { writeKubeconfig } from "./kubeconfig.js";

type Shell = (...args: string[]) => Promise<Outcome>;

interface Ways {
  /** With the API server. */
  readonly direct: Shell;
  /** Through the REST server. */
  readonly through: Shell;
  readonly url: string;
  /** As a REST server that stops. */
  readonly endStreams: () => void;
}

async function ways(t: Test, server: ApiServer): Promise<Ways> {
  const apiServer = await server.start(t);
  const file = writeKubeconfig(t, apiServer);
  const { url, app } = await serve(t, apiServer);
  const direct: Shell = (...args) => outcomeOf(taskCommand, [...args, "--kubeconfig", file]);
  return { direct, through: (...args) => direct(...args, "--server", url), url, endStreams: () => app.endStreams() };
}

/** Answers lists of runs with tables; those of TaskRuns have the run. */
function serveTables(server: ApiServer): void {
  const names = ["Name", "Task", "Service", "Agent", "Run", "Phase", "Reason", "Age"];
  for (const kind of ["taskruns", "coderuns", "docsruns"])
    server.answers.set(`/apis/orchestrator.io/v1/namespaces/ns/${kind}`, (request, response) => {
      const { metadata, spec, status } = server.run;
      const { attempts, phase, reason } = status ?? {};
      const cells = [metadata.name, spec.taskId, spec.serviceName, spec.agentName, attempts, phase, reason, "old"];
      const table = {
        kind: "Table",
        metadata: { resourceVersion: "7" },
        columnDefinitions: names.map((name) => ({ name, priority: 0 })),
        rows: kind === "taskruns" ? [{ object: { metadata }, cells }] : [],
      };
      const list = { kind: "TaskRunList", metadata: {}, items: kind === "taskruns" ? [server.run] : [] };
      const answer = request.headers.accept?.includes("as=Table") === true ? table : list;
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
}

t.test("commands print through the server what they print with the API server", async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 1, reason: "Working", message: "Works." });
  serveTables(server);
  const events = { kind: "EventList", metadata: {}, items: [] };
  server.answers.set("/api/v1/namespaces/ns/events", (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(events));
  });
  server.putPod(1, "terminated");
  server.write(1, "café\nsecond line\n");
  const { direct, through } = await ways(t, server);
  for (const args of [
    ["list"],
    ["list", "-o", "name"],
    ["list", "-o", "jsonpath={.items[*].metadata.name}"],
    ["get", "taskrun/one", "-o", "yaml"],
    ["get", "none"],
    ["describe", "one"],
    ["logs", "one"],
    ["logs", "one", "--attempt", "9"],
    ["wait", "one", "--for", "running"],
    ["retry", "one"],
    ["retry", "one", "--replace"],
    ["suspend", "one"],
    ["resume", "one"],
    ["cancel", "one"],
    ["context", "one", "-m", "Use the other table."],
    ["context", "one", "-m", " "],
    ["delete", "one", "--no-wait"],
  ]) {
    const expected = await direct(...args);
    t.not(expected.code, 2, args.join(" "));
    t.strictSame(await through(...args), expected, args.join(" "));
  }
  const [table, single] = [await through("list"), await through("get", "one")];
  t.match(table.out, /^NAME +TASK +SERVICE +AGENT +RUN +PHASE +REASON +AGE\none .* Running +Working/);
  t.equal(single.out, table.out);
});

t.test("it waits and follows through the server", async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 1 });
  server.putPod(1, "running");
  server.write(1, "begun\n");
  const { through } = await ways(t, server);
  t.match(await through("wait", "one", "--timeout", "0.05"), { code: 124 });
  const [waiting, output] = [through("wait", "one"), through("logs", "one", "-f")];
  await eventually("both are watched", () => (server.watching > 0 ? true : undefined));
  server.write(1, "more\n");
  server.putPod(1, "terminated");
  server.setStatus({ phase: "Failed", attempts: 1, message: "Exit code 3." });
  t.strictSame(await waiting, { code: 1, out: "taskrun.orchestrator.io/one: Failed: Exit code 3.\n", err: "" });
  t.strictSame(await output, { code: 0, out: "begun\nmore\n", err: "==> attempt 1, pod pod-1\n" });
});

t.test("output that ends because the server stops is not complete", async (t) => {
  const server = new ApiServer({ phase: "Running", attempts: 1 });
  server.putPod(1, "running");
  server.write(1, "begun\n");
  const { through, endStreams, url } = await ways(t, server);
  const output = through("logs", "one", "-f");
  const path = "/api/v1/namespaces/ns/taskruns/one/logs?follow=true";
  const text = await fetch(url + path, { headers: { authorization: "Bearer token" } });
  await eventually("both are followed", () => (server.following === 2 ? true : undefined));
  endStreams();
  const err =
    /^==> attempt 1, pod pod-1\nerror: the connection ended before the output of taskrun[^\n]*; run the command again\n$/;
  // what had not reached the server by then is what is missing
  t.match(await output, { code: 1, out: /^(begun\n)?$/, err });
  await t.rejects(text.text(), "a text is cut off");
});

t.test(
  "what the server refuses is one line; no server, a rejected token and what it does not offer are 2",
  async (t) => {
    const server = new ApiServer();
    const { direct, through, url } = await ways(t, server);
    const refuse = (code: number, message: string): void =>
      void server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns/one", (_, response) => {
        const status = { kind: "Status", status: "Failure", code, message };
        response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(status));
      });
    refuse(403, 'taskruns "one" is forbidden: User "eve" cannot get it');
    t.match(await through("get", "one"), {
      code: 1,
      err: /cannot get it; ask an administrator for this right[^\n]*\n$/,
    });
    refuse(401, "Unauthorized");
    t.match(await through("get", "one"), { code: 2, err: /^error: the server does not accept your token \(401\)/ });
    t.match(await through("get", "one", "--as", "bob"), {
      code: 2,
      err: /^error: --as and --as-group need a kubeconfig/,
    });
    server.isAway = true;
    t.match(await through("list"), { code: 2, err: "error: the API server cannot be reached; try again\n" });
    server.isAway = false;
    const away = await direct("get", "one", "--server", "http://127.0.0.1:1");
    t.match(away, { code: 2, err: /^error: the server cannot be reached: [^\n]*; check --server and the network\n$/ });
    t.match(await direct("get", "one", "--server", `${url}/elsewhere`), { code: 1, err: /^error: / });
    const other = await new ApiServer().start(t);
    t.match(await direct("list", "--server", other), { code: 2, err: /is not an orchestrator server/ });
  },
);

t.test("the token is that of the file, else that of the kubeconfig's user; a client certificate is none", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const tokens: (string | undefined)[] = [];
  server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns/one", (request, response) => {
    tokens.push(request.headers.authorization);
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(server.run));
  });
  const { through, url } = await ways(t, server);
  // beside the kubeconfig
  const directory = t.testdirName;
  writeFileSync(join(directory, "token"), "of-the-file\n");
  writeFileSync(join(directory, "empty"), "");
  await through("get", "taskrun/one");
  await through("get", "taskrun/one", "--token-file", join(directory, "token"));
  t.strictSame([...new Set(tokens)], ["Bearer secret", "Bearer of-the-file"]);
  t.match(await through("get", "one", "--token-file", join(directory, "empty")), {
    ...{ code: 2, err: /^error: --token-file: this is not a token/ },
  });
  t.match(await through("get", "one", "--server-ca", join(directory, "token")), {
    ...{ code: 2, err: /^error: --server-ca: the file has no certificate/ },
  });
  const config = join(directory, "users");
  writeFileSync(
    config,
    JSON.stringify({
      "current-context": "here",
      clusters: [{ name: "c", cluster: { server: "http://127.0.0.1:1" } }],
      contexts: [{ name: "here", context: { cluster: "c", user: "u", namespace: "ns" } }],
      users: [{ name: "u", user: {} }],
    }),
  );
  t.match(await outcomeOf(taskCommand, ["get", "one", "--server", url, "--kubeconfig", config]), {
    ...{ code: 2, err: /has no token, and --server takes no client certificate: set ORCHESTRATOR_TOKEN/ },
  });
});

t.test("a token never travels in the clear", (t) => {
  for (const url of [
    "https://a.example",
    "http://127.0.0.2:80",
    "http://[::1]:1",
    "http://o.team.svc",
    "http://localhost",
  ])
    t.doesNotThrow(() => serverUrl(url), url);
  t.equal(serverUrl("https://a.example/prefix/"), "https://a.example/prefix");
  for (const url of ["http://a.example", "http://svc", "http://10.0.0.1", "http://a.svc.example", "http://.svc"])
    t.throws(() => serverUrl(url), /use https:\/\/|write a URL/, url);
  for (const url of ["ftp://a", "a", "https://u:password@a", "https://a/?x=1"])
    t.throws(() => serverUrl(url), { message: /^error: --server: (?!.*password@)/ }, url);
  t.end();
});

t.test("a proxy gets no token that it could read", async (t) => {
  const env = { ORCHESTRATOR_TOKEN: "of-the-caller", HTTP_PROXY: "http://proxy:1", HTTPS_PROXY: "http://proxy:2" };
  const proxyOf = async (server: string): Promise<string | undefined> =>
    (await (await serverAccess({ server, namespace: "ns" }, env)).connection()).proxy;
  t.equal(await proxyOf("http://o.team.svc"), undefined);
  t.equal(await proxyOf("https://a.example"), "http://proxy:2");
});
