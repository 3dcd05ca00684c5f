// Writes the package @agent-orchestrator/runtime from dist/runtime (docs/adr/031) to the folder given, default build/runtime-package/,
// whose former content is removed. Run it after `tsc -b`.
// Its dependencies are what the code imports, in the versions of this repository.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { build } from "esbuild";
import { thirdPartyLicenses } from "./third-party-licenses.mjs";

const source = "dist/runtime";
const folder = process.argv[2] ?? "build/runtime-package";
/** Makes certificates, with a library of 20 packages: bundled into the one file that needs it. */
const bundledFile = "certs/issuing.js";

/** Loaded by those who pass no logger, which is most. */
const neededLater = new Set(["pino"]);

/** The name of the package that a module belongs to. */
function packageOf(module) {
  return module
    .split("/")
    .slice(0, module.startsWith("@") ? 2 : 1)
    .join("/");
}

/** The inputs of a build that are loaded with the first one, and not later by an `import()`. */
function loadedWith(first, inputs) {
  const found = new Set([first]);
  // a Set grows while it is iterated
  for (const path of found)
    for (const { path: module, kind, external } of inputs[path].imports)
      if (external !== true && kind !== "dynamic-import") found.add(module);
  return found;
}

/**
 * The compiled files that the index reaches, and the packages that they import: as they load, or later, which makes a package optional. So
 * does a file that is itself loaded later.
 */
async function reached() {
  const { metafile } = await build({
    entryPoints: [join(source, "index.js")],
    ...{ bundle: true, write: false, metafile: true, platform: "node", format: "esm", packages: "external" },
    ...{ external: ["#client-node"], outdir: folder },
    logLevel: "warning",
  });
  const required = new Set();
  const optional = new Set();
  const loaded = loadedWith(join(source, "index.js"), metafile.inputs);
  for (const [path, { imports: all }] of Object.entries(metafile.inputs)) {
    for (const { path: module, kind, external } of all) {
      if (external !== true || module.startsWith("node:") || path.endsWith(bundledFile)) continue;
      const name = module.startsWith("#") ? own.imports[module].types : packageOf(module);
      const isLater = kind === "dynamic-import" || !loaded.has(path);
      (isLater && !neededLater.has(name) ? optional : required).add(name);
    }
  }
  const files = new Set(Object.keys(metafile.inputs));
  return { files, required: [...required].sort(), optional: [...optional].sort() };
}

/** What the models import besides each other. */
const modelTypes = `export type IntOrString = number | string;
export declare class V1MicroTime extends Date {}
`;

/** Copies client-node's models of built-in resources, which are types only, as far as they are used. @returns the files copied */
function copyModels() {
  const models = "node_modules/@kubernetes/client-node/dist/gen/models";
  const user = join(folder, "dist/client/objects.d.ts");
  const text = readFileSync(user, "utf8");
  const [statement, list] = /import type \{([^}]+)\} from "@kubernetes\/client-node";/.exec(text);
  const names = list.split(",").map((name) => name.trim());
  const copied = new Map();
  const visit = (name) => {
    if (copied.has(name)) return;
    const file = join(models, `${name}.d.ts`);
    copied.set(name, file);
    for (const [, module] of readFileSync(file, "utf8").matchAll(/^import .* from '(.*)';$/gm)) {
      if (module === "../../types.js") continue;
      const [, next] = /^\.\.\/models\/(\w+)\.js$/.exec(module) ?? [];
      if (next === undefined) throw new Error(`${file} imports ${module}, which is no model`);
      visit(next);
    }
  };
  names.forEach(visit);
  const target = join(folder, "dist/models");
  mkdirSync(join(target, "gen/models"), { recursive: true });
  for (const [name, file] of copied) cpSync(file, join(target, "gen/models", `${name}.d.ts`));
  writeFileSync(join(target, "types.d.ts"), modelTypes);
  const imports = names.map((name) => `import type { ${name} } from "../models/gen/models/${name}.js";`).join("\n");
  writeFileSync(user, text.replace(statement, imports));
  return [...copied.values()];
}

const own = JSON.parse(readFileSync("package.json", "utf8"));
const template = JSON.parse(readFileSync("packages/runtime/package.json", "utf8"));
const { files, required, optional } = await reached();
const versions = (names) => Object.fromEntries(names.map((name) => [name, own.dependencies[name]]));

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
cpSync(source, join(folder, "dist"), {
  recursive: true,
  filter: (path) => extname(path) === "" || path.endsWith(".d.ts") || files.has(path),
});
const models = copyModels();
const { metafile } = await build({
  entryPoints: [join(source, bundledFile)],
  outfile: join(folder, "dist", bundledFile),
  allowOverwrite: true,
  ...{ bundle: true, platform: "node", format: "esm", target: "node20.19", metafile: true, logLevel: "warning" },
  legalComments: "none",
  plugins: [
    {
      name: "own files stay files of their own",
      setup({ onResolve }) {
        onResolve({ filter: /^\.\.?\// }, ({ path, importer }) =>
          importer === "" || importer.includes("node_modules") ? undefined : { path, external: true },
        );
      },
    },
  ],
});
writeFileSync(
  join(folder, "THIRD-PARTY-LICENSES.txt"),
  thirdPartyLicenses([...Object.keys(metafile.inputs), ...models]),
);
for (const file of ["README.md", "LICENSE"])
  cpSync(file === "LICENSE" ? file : join("packages/runtime", file), join(folder, file));
const { name, description, keywords, ...rest } = template;
const manifest = {
  ...{ name, version: own.version, description, license: own.license, keywords, engines: own.engines },
  ...rest,
  dependencies: versions(required),
  peerDependencies: versions(optional),
  peerDependenciesMeta: Object.fromEntries(optional.map((each) => [each, { optional: true }])),
};
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
console.log(`wrote ${folder}: depends on ${required.join(", ")}; optionally on ${optional.join(", ")}`);
