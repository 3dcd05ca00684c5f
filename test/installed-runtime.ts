/** The package @agent-orchestrator/runtime as npm would install it: built, and beside it only what it depends on. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Test } from "tap";
import { packageRoot } from "#src/version.js";

interface LockedPackage {
  readonly dependencies?: Readonly<Record<string, string>>;
}

export interface InstalledRuntime {
  /** A project of type module, whose node_modules has the package. */
  readonly directory: string;
  readonly packageDirectory: string;
  /** Directories of what npm installs with it. */
  readonly dependencies: readonly string[];
}

/** Where npm would find a package from another one, as npm's lock names it. */
function resolved(locked: Readonly<Record<string, LockedPackage>>, from: string, name: string): string {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf("node_modules/") - 1))) {
    const candidate = `${at === "" ? "" : `${at}/`}node_modules/${name}`;
    if (candidate in locked) return candidate;
    if (at === "") throw new Error(`${name} is not in package-lock.json`);
  }
}

function withDependencies(names: readonly string[]): string[] {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, "package-lock.json"), "utf8")) as {
    packages: Record<string, LockedPackage>;
  };
  const found = new Set<string>();
  const visit = (from: string, name: string): void => {
    const place = resolved(packages, from, name);
    if (found.has(place)) return;
    found.add(place);
    for (const each of Object.keys(packages[place]?.dependencies ?? {})) visit(place, each);
  };
  for (const name of names) visit("", name);
  return [...found];
}

export function installRuntime(t: Test): InstalledRuntime {
  const directory = mkdtempSync(join(tmpdir(), "runtime-package-"));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const packageDirectory = join(directory, "node_modules/@agent-orchestrator/runtime");
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot, "scripts/runtime-package.mjs"), packageDirectory],
    { cwd: packageRoot, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(stderr);
  const { dependencies } = JSON.parse(readFileSync(join(packageDirectory, "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  const places = withDependencies(Object.keys(dependencies));
  for (const place of places) {
    // a nested package comes with the one that it is nested in
    if (place.lastIndexOf("node_modules/") > 0) continue;
    const link = join(directory, place);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(packageRoot, place), link);
  }
  writeFileSync(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  return { directory, packageDirectory, dependencies: places.map((place) => join(packageRoot, place)) };
}
