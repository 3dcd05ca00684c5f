// Bundles the command line into bundle/: a few files that need no node_modules (docs/adr/012), and the page into bundle/ui.
// Run it after `tsc -b`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { build } from "esbuild";
import { thirdPartyLicenses } from "./third-party-licenses.mjs";

const folder = "bundle";
rmSync(folder, { recursive: true, force: true });
const { metafile } = await build({
  // supervisor and janitor are processes that cluster up starts from files beside the command line, as in dist/
  entryPoints: {
    orchestrator: "dist/cli/orchestrator.js",
    supervisor: "dist/cluster/supervisor.js",
    janitor: "dist/cluster/janitor.js",
    // bundled with the undici that it was tested with, which npm would not install for users of the runtime
    "client-node": "@kubernetes/client-node",
  },
  alias: { "#client-node": "@kubernetes/client-node" },
  outdir: folder,
  bundle: true,
  splitting: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  // readable stack traces matter more than size
  minify: false,
  legalComments: "none",
  // bundled CommonJS code loads Node's built-in modules with require
  banner: {
    js: 'import { createRequire as $createRequire } from "node:module"; const require = $createRequire(import.meta.url);',
  },
  metafile: true,
  logLevel: "warning",
});

// the page: names contain a digest of the content, so that browsers may keep the files for ever
const page = await build({
  entryPoints: { main: "src/page/main.tsx", page: "src/page/page.css", icon: "src/page/icon.svg" },
  outdir: join(folder, "ui/assets"),
  entryNames: "[name]-[hash]",
  loader: { ".svg": "copy" },
  bundle: true,
  platform: "browser",
  format: "esm",
  target: ["chrome111", "firefox115", "safari16.4"],
  minify: true,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
});
const html = Object.entries(page.metafile.outputs).reduce(
  (text, [path, { entryPoint }]) => {
    const name = entryPoint === "src/page/main.tsx" ? "main.js" : basename(entryPoint);
    return text.replace(`/ui/assets/${name}`, `/ui/assets/${basename(path)}`);
  },
  readFileSync("src/page/index.html", "utf8"),
);
writeFileSync(join(folder, "ui/index.html"), html);

const all = {
  inputs: { ...metafile.inputs, ...page.metafile.inputs },
  outputs: { ...metafile.outputs, ...page.metafile.outputs },
};
writeFileSync(join(folder, "THIRD-PARTY-LICENSES.txt"), thirdPartyLicenses(Object.keys(all.inputs)));

// `npm run sbom` says from it what the bundle contains
mkdirSync("build", { recursive: true });
writeFileSync(join("build", "bundle-metafile.json"), JSON.stringify(all));
