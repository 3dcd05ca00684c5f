// The commands of a container builder that build an image of this repository. Nothing is run here.
import { join } from "node:path";

const programs = ["claude", "codex", "gemini", "opencode"];

/** The folder with the Containerfile of each image, and what it is built from. */
const images = {
  operator: { folder: "images/operator", context: "." },
  agent: { folder: "images/agent", context: "images/agent" },
};

/** @param {string} kind operator, or the name of an agent program @returns {string} the repository under the registry */
export function repositoryOf(kind) {
  return kind === "operator" ? "orchestrator" : `agent-${kind}`;
}

/**
 * @param {object} options
 * @param {"docker" | "podman"} options.builder
 * @param {string} options.image `operator`, or an agent program: claude, codex, gemini, opencode
 * @param {string} [options.registry] such as ghcr.io/example; absent: images of this machine alone
 * @param {string[]} options.tags
 * @param {string[]} options.platforms such as linux/amd64; none: that of this machine
 * @param {boolean} options.push
 * @param {string} options.version of the package
 * @param {string} [options.revision] the commit
 * @param {string} [options.node] base image with its digest; absent: that of the Containerfile
 * @returns {string[][]} commands to run in order, from the repository's root
 */
export function imageCommands({ builder, image, registry, tags, platforms, push, version, revision, node }) {
  const isAgent = programs.includes(image);
  if (image !== "operator" && !isAgent)
    throw new Error(`${image} is no image; images are: operator, ${programs.join(", ")}`);
  if (tags.length === 0) throw new Error("an image needs a tag: --tag");
  for (const tag of tags)
    if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/.test(tag)) throw new Error(`"${tag}" is no tag of an image`);
  if (push && registry === undefined) throw new Error("--push needs a --registry");
  const severalPlatforms = platforms.length > 1;
  if (builder === "docker" && severalPlatforms && !push)
    throw new Error(
      "docker keeps an image of several platforms only in a registry: add --push, or build one --platform",
    );
  const { folder, context } = images[isAgent ? "agent" : "operator"];
  const names = tags.map((tag) =>
    [...(registry === undefined ? [] : [registry]), `${repositoryOf(image)}:${tag}`].join("/"),
  );
  const labels = {
    "org.opencontainers.image.title": repositoryOf(image),
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": "Apache-2.0",
    ...(revision !== undefined && { "org.opencontainers.image.revision": revision }),
  };
  const shared = [
    ...["--file", join(folder, "Containerfile")],
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...(isAgent ? ["--build-arg", `PROGRAM=${image}`] : []),
    ...(node === undefined ? [] : ["--build-arg", `NODE=${node}`]),
    ...(platforms.length > 0 ? ["--platform", platforms.join(",")] : []),
  ];
  if (builder === "docker") {
    const attestations = push ? ["--sbom=true", "--provenance=mode=max", "--push"] : ["--load"];
    return [
      ["docker", "buildx", "build", ...shared, ...attestations, ...names.flatMap((name) => ["--tag", name]), context],
    ];
  }
  const [first] = names;
  // podman collects the platforms in a manifest list, which has one name at a time
  const build = [
    "podman",
    "build",
    ...shared,
    ...(severalPlatforms ? ["--manifest", first] : ["--tag", first]),
    context,
  ];
  const others = severalPlatforms ? [] : names.slice(1).map((name) => ["podman", "tag", first, name]);
  const pushes = names.map((name) =>
    severalPlatforms ? ["podman", "manifest", "push", "--all", first, `docker://${name}`] : ["podman", "push", name],
  );
  return [build, ...others, ...(push ? pushes : [])];
}
