/**
 * A cluster for tests with a git server: it has the image of the scripted agent and a provider of models, and its configuration
 * leads to both. After each test, everything that it created is searched for secrets.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { hasHttpBackend } from "../templates/github-server.js";
import { agentImage, noAgentImage } from "./agent-image.js";
import { authority, GitScene, gitHosts, sceneCertificate, scriptedAgent } from "./git-scene.js";
import { LeakSearch } from "./leak-search.js";
import { realCluster, whyNot, type RealCluster } from "./real-cluster.js";
import { StreamingProvider } from "./streaming-provider.js";

/** Why these tests cannot run here; false if they can. */
export const noSceneCluster = whyNot ?? noAgentImage ?? (hasHttpBackend ? false : "git has no git-http-backend here");

/** Maximum number of agents of all tests together. */
export const agentsAtOnce = 8;

/** The system prompt in the profile of the App Acme-Ada. */
export const systemPrompt = '# Ada\n\nYou are $(Ada), the "first" of all; it\'s so.\n';

export interface SceneCluster {
  readonly real: RealCluster;
  readonly search: LeakSearch;
  readonly provider: StreamingProvider;
  /** The configuration that it has. */
  readonly configuration: object;
}

/** Call it in `t.before`. */
export async function sceneCluster(t: Test): Promise<SceneCluster> {
  const real = await realCluster(t);
  const directory = mkdtempSync(join(tmpdir(), "agent-image-"));
  await agentImage(join(directory, "agent.tar"));
  await real.cluster.loadImage(join(directory, "agent.tar"));
  rmSync(directory, { recursive: true });
  const host = real.cluster.hostAddressForPods ?? "127.0.0.1";
  const provider = await StreamingProvider.start(host, (await sceneCertificate(host)).leaf);
  t.teardown(() => provider.stop());
  const configuration = {
    agent: scriptedAgent,
    git: gitHosts(real),
    gateway: { upstreams: { anthropic: { baseUrl: provider.url, caConfigMapName: authority.configMap } } },
    agents: { ada: { githubApp: "Acme-Ada", systemPrompt } },
    ...{ concurrency: { total: agentsAtOnce }, progress: { seconds: 10 } },
  };
  await real.configure(configuration);
  return { real, search: LeakSearch.of(t, real), provider, configuration };
}

/** Defines tests that run beside others; after each of them no secret may be found anywhere. */
export function sceneTests(
  cluster: () => SceneCluster,
): (title: string, body: (t: Test, scene: GitScene) => Promise<void>, skipped?: string | false) => void {
  return (title, body, skipped = noSceneCluster) => {
    t.test(title, { skip: skipped, buffered: true }, async (t) => {
      const { real, search } = cluster();
      const scene = await GitScene.of(t, real);
      await body(t, scene);
      t.same(await search.find(scene.namespace, scene.confidential), [], "nothing confidential can be read");
    });
  };
}

/** `retry` of runs that are retried soon enough for a test to wait. */
export const retries = (maxRetries: number): object => ({
  retry: { maxRetries, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
});
