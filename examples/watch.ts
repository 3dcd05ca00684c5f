/** Prints which Deployments use which image: a watch, with an index, on a type that the runtime does not declare. */
import { createManager, keyOf, resourceType, runManager, type KubernetesObject } from "agent-orchestrator/runtime";

/** The fields in use of an apps/v1 Deployment. */
interface Deployment extends KubernetesObject {
  spec: { template: { spec: { containers: { image: string }[] } } };
}

const Deployments = resourceType<Deployment>({
  group: "apps",
  version: "v1",
  kind: "Deployment",
  plural: "deployments",
  namespaced: true,
});

const manager = await createManager({
  name: "image-watch",
  probes: { port: Number(process.env.PORT ?? 8080) },
});

const imagesOf = ({ spec }: Deployment): string[] => spec.template.spec.containers.map(({ image }) => image);
const deployments = manager.cache.informer(Deployments, { indexes: { image: imagesOf } });

deployments.addHandler((change) => {
  const images = new Set([...imagesOf(change.object), ...(change.type === "updated" ? imagesOf(change.old) : [])]);
  for (const image of images) {
    // from memory, without a call to the API server
    const users = deployments.reader.byIndex("image", image).map(keyOf).sort();
    console.log(`${image}: ${users.join(", ") || "nobody"}`);
  }
});

await runManager(manager);
