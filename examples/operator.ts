/** Creates a ConfigMap with the page of each Website and names it in the Website's status. README.md says how to run it. */
import {
  ConfigMaps,
  controllerReference,
  createManager,
  runManager,
  type ConfigMap,
  type ReconcileContext,
  type Request,
  type Result,
} from "agent-orchestrator/runtime";
import { Websites } from "./website.js";

const label = "examples.orchestrator.io/website";

const manager = await createManager({
  name: "website-operator",
  leaderElection: {}, // only one of several replicas writes
  probes: { port: Number(process.env.PORT ?? 8080) },
});
const { cache, client } = manager;
const websites = cache.informer(Websites);
const pages = cache.informer<ConfigMap>(ConfigMaps, { labelSelector: label });

async function reconcile(request: Request, { logger, signal }: ReconcileContext): Promise<Result> {
  const website = websites.reader.get(request);
  // the garbage collector deletes the page with its owner
  if (website === undefined || website.metadata.deletionTimestamp !== undefined) return {};
  const page = { ...request, name: `${request.name}-page` };
  const html = `<h1>${website.spec?.title ?? "Untitled"}</h1>`;
  if (pages.reader.get(page)?.data?.["index.html"] !== html) {
    const metadata = {
      ...page,
      labels: { [label]: request.name },
      ownerReferences: [controllerReference(Websites, website)],
    };
    await client.apply(ConfigMaps, { metadata, data: { "index.html": html } }, { signal });
    logger.info({ page: page.name }, "the page is up to date");
  }
  const status = { page: page.name, observedGeneration: website.metadata.generation ?? 0 };
  if (website.status?.observedGeneration !== status.observedGeneration) {
    await client.patch(Websites, request, { type: "merge", body: { status } }, { subresource: "status", signal });
  }
  return {};
}

manager.controller({ name: "website", reconciler: { reconcile } }).for(websites).owns(pages, Websites);

await runManager(manager);
