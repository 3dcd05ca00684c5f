/** Tables that follow runs: within a terminal, and as lines of a pipe. */
import t from "tap";
import { TaskRuns } from "#src/api/taskrun.js";
import type { CommandIo } from "#src/cli/io.js";
import { ClusterRuns } from "#src/cli/runs/cluster-runs.js";
import { frameText, liveTable } from "#src/cli/task/live-table.js";
import type { RunTable } from "#src/operations/table.js";
import { eventually } from "../eventually.js";
import { ApiServer } from "../operations/api-server.js";

const columns = [
  { name: "Name", priority: 0 },
  { name: "Phase", priority: 0 },
];
const row = (name: string, phase: string, resourceVersion = "1"): RunTable["rows"][number] => ({
  metadata: { name, namespace: "ns", uid: name, resourceVersion },
  cells: [name, phase],
});
const style = { wide: false, namespaces: false };
const where = { namespace: "ns" };

t.test("a frame has no more lines than the terminal, and says how many are left out", (t) => {
  const rows = Array.from({ length: 30 }, (_, index) => row(`run-${index}`, "Running"));
  const terminal = { columns: 30, rows: 10, colors: false };
  const lines = frameText([{ type: TaskRuns, columns, rows }], { ...style, now: 0 }, terminal)
    .trimEnd()
    .split("\n");
  t.equal(lines.length, 9);
  t.equal(lines.at(-1), "... and 23 more");
  const colored = frameText(
    [{ type: TaskRuns, columns, rows: rows.slice(0, 1) }],
    { ...style, now: 0 },
    { ...terminal, colors: true },
  );
  t.equal(colored, "NAME    PHASE\nrun-0   \u001b[36mRunning\u001b[0m\n");
  t.equal(frameText([], { ...style, now: 0 }, terminal), "No runs.\n");
  t.end();
});

/** A server whose table and watch a test controls. */
class Tables {
  readonly server = new ApiServer();
  #watch: ((type: string, row: RunTable["rows"][number]) => void) | undefined;

  constructor(rows: readonly RunTable["rows"][number][]) {
    const table = (of: readonly RunTable["rows"][number][]): object => ({
      kind: "Table",
      metadata: { resourceVersion: "9" },
      columnDefinitions: columns,
      rows: of.map(({ metadata, cells }) => ({ cells, object: { metadata } })),
    });
    this.server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns", (_, response, query) => {
      response.writeHead(200, { "content-type": "application/json" });
      if (query.get("watch") === null) return void response.end(JSON.stringify(table(rows)));
      this.#watch = (type, changed) => void response.write(`${JSON.stringify({ type, object: table([changed]) })}\n`);
      response.flushHeaders();
    });
  }

  async send(type: string, changed: RunTable["rows"][number]): Promise<void> {
    const watch = await eventually("the runs are watched", () => this.#watch);
    watch(type, changed);
  }
}

const isDone = (tables: readonly RunTable[]): Promise<boolean> =>
  Promise.resolve(tables.every(({ rows }) => rows.every(({ cells }) => cells[1] === "Succeeded")));

function recording(terminal?: CommandIo["terminal"]): { readonly io: CommandIo; readonly text: () => string } {
  let text = "";
  const nothing = (): void => undefined;
  const io = { readStdin: () => "", out: (part: string) => void (text += part), err: nothing, exit: nothing, terminal };
  return { io, text: () => text };
}

t.test("in a pipe, the table comes first, and then a line for each change", async (t) => {
  const tables = new Tables([row("one", "Running"), row("two", "Succeeded")]);
  const client = await tables.server.client(t);
  const { io, text } = recording();
  const shown = liveTable(new ClusterRuns(client, "ns"), { types: [TaskRuns], where, style, until: isDone }, io);
  await tables.send("ADDED", row("three", "Pending", "2"));
  await tables.send("DELETED", row("three", "Pending", "3"));
  await tables.send("MODIFIED", row("one", "Succeeded", "4"));
  t.match(await shown, [{ rows: [{ cells: ["one", "Succeeded"] }, { cells: ["two", "Succeeded"] }] }]);
  t.equal(
    text(),
    "NAME   PHASE\none    Running\ntwo    Succeeded\nthree   Pending\nthree   Pending\none     Succeeded\n",
  );
});

t.test("on a terminal, the table is redrawn in place, without the runs that were not requested", async (t) => {
  const tables = new Tables([row("one", "Running"), row("other", "Running")]);
  const client = await tables.server.client(t);
  const { io, text } = recording({ columns: 40, rows: 10, colors: false });
  const isShown = ({ metadata }: RunTable["rows"][number]): boolean => metadata.name !== "other";
  const shown = liveTable(
    new ClusterRuns(client, "ns"),
    { types: [TaskRuns], where, style, isShown, until: isDone },
    io,
  );
  await eventually("the first frame is drawn", () => text().includes("Running") || undefined);
  await tables.send("MODIFIED", row("one", "Succeeded", "2"));
  await shown;
  const frames = text().split("\u001b[?7h");
  t.equal(frames[0], "\r\u001b[J\u001b[?7lNAME   PHASE\none    Running\n");
  t.equal(frames.at(-2), "\u001b[2A\r\u001b[J\u001b[?7lNAME   PHASE\none    Succeeded\n");
  t.notMatch(text(), /other/);
});

t.test("a right that is missing ends it with the API server's answer", async (t) => {
  const server = new ApiServer();
  server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns", (_, response) => {
    const status = { kind: "Status", code: 403, reason: "Forbidden", message: "you may not" };
    response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status));
  });
  const client = await server.client(t);
  await t.rejects(liveTable(new ClusterRuns(client, "ns"), { types: [TaskRuns], where, style }, recording().io), {
    name: "Forbidden",
  });
});
