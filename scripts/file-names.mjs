// Part of npm run lint, which has cspell on its PATH: file names are kebab-case and made of words that the spelling dictionary (cspell.json) knows.
import { spawnSync } from "node:child_process";

/** Paths whose names others determine. */
const exempt = [
  /^LICENSE$/,
  /(^|\/)(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md$/, // where GitHub and npm look for them
  /^\.github\//,
  /^\.taprc$/,
  /(^|\/)Kustomization$/, // a name that kustomize reads, and that kubectl apply -f of the folder skips
  /^config\/chart\/(Chart\.yaml|templates\/(NOTES\.txt|_[a-z-]+\.tpl))$/, // names that Helm reads
  /(^|\/)Containerfile(\.dockerignore)?$/, // where podman and buildah look for it
  /^(tools|test\/bench\/reference)\//, // Go modules: their names follow Go's conventions
  /^test\/fixtures\//, // named after their content
  /^test\/fuzz\/corpus\//, // named after their content
];
const kebabCase = /^\.?[a-z0-9]+([-.][a-z0-9]+)*$/;

const { stdout, status, error } = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
  encoding: "utf8",
});
if (status !== 0) throw error ?? new Error("git ls-files failed: run this in a checkout");
const names = new Map(); // each file or folder name, with the first path that has it
for (const path of stdout.split("\0").filter((each) => each !== "" && !exempt.some((pattern) => pattern.test(each))))
  for (const name of path.split("/")) if (!names.has(name)) names.set(name, path);

const notKebabCase = [...names].filter(([name]) => !kebabCase.test(name));
const words = [...names.keys()].flatMap((name) => name.split(/[-.]/)).filter((word) => /^[a-z]{4,}$/.test(word));
const spelling = spawnSync("cspell", ["lint", "--no-progress", "--no-summary", "--words-only", "--unique", "stdin"], {
  encoding: "utf8",
  input: [...new Set(words)].join("\n"),
});
if (spelling.error ?? spelling.status === null) throw spelling.error ?? new Error("cspell did not run");
const unknown = new Set(spelling.stdout.split("\n").filter((word) => word !== ""));
if (spelling.status !== 0 && unknown.size === 0) throw new Error(`cspell failed: ${spelling.stderr}`);

for (const [name, path] of notKebabCase) console.error(`${path}: "${name}" is not kebab-case`);
for (const [name, path] of names)
  for (const word of name.split(/[-.]/))
    if (unknown.has(word))
      console.error(
        `${path}: "${word}" is not in the dictionary: rename the file, or add the word to .cspell/words.txt`,
      );
process.exitCode = notKebabCase.length > 0 || unknown.size > 0 ? 1 : 0;
