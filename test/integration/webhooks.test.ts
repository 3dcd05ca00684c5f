/** Conversion between versions of a kind, as the API server requests it. */
import { randomBytes } from "node:crypto";
import t from "tap";
import { CertificateManager } from "#src/runtime/certs/manager.js";
import { CustomResourceDefinitions } from "#src/runtime/client/builtin.js";
import type { CustomResourceDefinition, KubernetesObject } from "#src/runtime/client/objects.js";
import { resourceType } from "#src/runtime/client/resource.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { hubAndSpokes, spoke } from "#src/runtime/webhook/conversion.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { eventually } from "../eventually.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";

interface WidgetV1 extends KubernetesObject {
  spec: { size: string };
}
interface WidgetV2 extends KubernetesObject {
  spec: { width: number; height: number; colour?: string };
}

const colour = "test.io/colour";

t.test("objects of one version can be read and written as another without loss", async (t) => {
  const client = await adminClient(t, await testCluster(t));
  const namespace = await testNamespace(t, client);
  const plural = `widgets${randomBytes(3).toString("hex")}`;
  const kind = `Widget${plural.slice(7)}`;
  const group = "test.io";
  const name = `${plural}.${group}`;
  const v1 = resourceType<WidgetV1>({ group, version: "v1", kind, plural, namespaced: true });
  const v2 = resourceType<WidgetV2>({ group, version: "v2", kind, plural, namespaced: true });

  const converter = hubAndSpokes<WidgetV2>(
    "test.io/v2",
    spoke<WidgetV1, WidgetV2>({
      apiVersion: "test.io/v1",
      toHub: ({ spec, metadata, ...rest }) => {
        const [width = Number.NaN, height = Number.NaN] = spec.size.split("x").map(Number);
        if (Number.isNaN(width + height)) throw new Error(`spec.size: ${spec.size} is no width x height`);
        const { [colour]: kept, ...annotations } = metadata?.annotations ?? {};
        return {
          ...rest,
          metadata: { ...metadata, annotations },
          spec: { width, height, ...(kept !== undefined && { colour: kept }) },
        };
      },
      fromHub: ({ spec, metadata, ...rest }) => ({
        ...rest,
        metadata: {
          ...metadata,
          ...(spec.colour !== undefined && { annotations: { ...metadata?.annotations, [colour]: spec.colour } }),
        },
        spec: { size: `${spec.width}x${spec.height}` },
      }),
    }),
  );
  const server = new WebhookServer({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    logger: silentLogger,
    handlers: new Map(),
    converters: new Map([["/convert", converter]]),
  });
  const version = (which: string, spec: Record<string, { type: string }>, storage: boolean) => ({
    name: which,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: spec } } } },
  });
  const definition = (url: string): CustomResourceDefinition => ({
    metadata: { name },
    spec: {
      group,
      names: { kind, plural, singular: kind.toLowerCase() },
      scope: "Namespaced",
      versions: [
        version("v1", { size: { type: "string" } }, true),
        version("v2", { width: { type: "integer" }, height: { type: "integer" }, colour: { type: "string" } }, false),
      ],
      conversion: {
        strategy: "Webhook",
        webhook: { clientConfig: { url }, conversionReviewVersions: ["v1"] },
      },
    },
  });
  // the port is known once it listens, which needs a certificate, which waits for the CRD
  await client.create(CustomResourceDefinitions, definition("https://127.0.0.1:1/convert"));
  t.teardown(() => client.delete(CustomResourceDefinitions, { name }));
  const certificates = new CertificateManager({
    client,
    secret: { namespace, name: "certs" },
    names: ["127.0.0.1"],
    configurations: [{ kind: "Conversion", name }],
    clock: systemClock,
    logger: silentLogger,
    serve: server.useCertificate,
  });
  const stop = new AbortController();
  const running = Promise.all([server.start(stop.signal), certificates.start(stop.signal)]);
  t.teardown(async () => {
    stop.abort(new Error("the test ended"));
    await running;
  });
  await server.ready(stop.signal);
  const url = `https://127.0.0.1:${server.port}/convert`;
  await client.patch(
    CustomResourceDefinitions,
    { name },
    { type: "merge", body: { spec: { conversion: { webhook: { clientConfig: { url } } } } } },
  );
  await eventually("it is ready", () => certificates.check() === undefined);

  const labels = { a: "b" };
  const written = await eventually("the new kind is served", () =>
    client.create(v1, { metadata: { namespace, name: "one", labels }, spec: { size: "2x3" } }),
  );
  const read = await eventually("the API server calls the converter", () => client.get(v2, { namespace, name: "one" }));
  t.same(read.spec, { width: 2, height: 3 });
  t.equal(read.metadata.uid, written.metadata.uid);
  t.same(read.metadata.labels, labels);

  await client.update(v2, { ...read, spec: { width: 4, height: 5, colour: "red" } });
  const back = await client.get(v1, { namespace, name: "one" });
  t.same(back.spec, { size: "4x5" });
  t.equal(back.metadata.annotations?.[colour], "red");
  t.same((await client.get(v2, { namespace, name: "one" })).spec, { width: 4, height: 5, colour: "red" });

  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      client.create(v1, { metadata: { namespace, name: `many-${n}` }, spec: { size: `${n}x1` } }),
    ),
  );
  const { items } = await client.list(v2, { namespace });
  t.equal(items.length, 21);
  t.ok(items.every(({ spec }) => Number.isInteger(spec.width)));

  await client.create(v1, { metadata: { namespace, name: "broken" }, spec: { size: "big" } });
  await t.rejects(client.get(v2, { namespace, name: "broken" }), /spec.size: big is no width x height/);

  await client.patch(
    CustomResourceDefinitions,
    { name },
    { type: "json", body: [{ op: "remove", path: "/spec/conversion/webhook/clientConfig/caBundle" }] },
  );
  await eventually(
    "a wiped caBundle is put back",
    async () => {
      const { spec } = await client.get(CustomResourceDefinitions, { name });
      await client.get(v2, { namespace, name: "one" });
      return spec.conversion?.webhook?.clientConfig?.caBundle;
    },
    10_000,
  );
});
