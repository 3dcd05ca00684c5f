/** Finding a run by its name alone, as a caller who may read only some kinds. */
import t from "tap";
import { findRun } from "#src/operations/find.js";
import { Forbidden } from "#src/runtime/client/errors.js";
import { ApiServer } from "./api-server.js";

const path = (plural: string, name: string): string => `/apis/orchestrator.io/v1/namespaces/ns/${plural}/${name}`;

/** Fails requests for a name of these kinds; the answers come in the order of the list. */
function refuse(server: ApiServer, code: number, name: string, ...plurals: string[]): void {
  let previous = Promise.resolve();
  for (const plural of plurals) {
    const before = previous;
    let answered = (): void => undefined;
    previous = new Promise((resolve) => (answered = resolve));
    server.answers.set(path(plural, name), (_, response) => {
      const status = { kind: "Status", status: "Failure", code, message: `cannot get resource ${plural}` };
      void before.then(() =>
        response
          .writeHead(code, { "content-type": "application/json" })
          .end(JSON.stringify(status), () => setImmediate(answered)),
      );
    });
  }
}

t.test("a missing right names the first kind, whichever answer comes first", async (t) => {
  for (const order of [
    ["taskruns", "coderuns", "docsruns"],
    ["docsruns", "coderuns", "taskruns"],
  ]) {
    const server = new ApiServer();
    refuse(server, 403, "absent", ...order);
    await t.rejects(findRun(await server.client(t), "ns", "absent"), {
      name: "Forbidden",
      message: /resource taskruns/,
    });
  }
});

t.test("a kind that the caller may not read hides no run of another kind", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  refuse(server, 403, "one", "coderuns", "docsruns");
  const { type, run } = await findRun(await server.client(t), "ns", "one");
  t.equal(`${type.plural}/${run.metadata.name}`, "taskruns/one");
  refuse(server, 403, "absent", "docsruns");
  await t.rejects(findRun(await server.client(t), "ns", "absent"), Forbidden, "but it could be of the other kind");
});

t.test("while a kind cannot be read for another reason, nothing is found: a name could mean two runs", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  refuse(server, 500, "one", "docsruns");
  await t.rejects(findRun(await server.client(t), "ns", "one"), { code: 500 });
});
