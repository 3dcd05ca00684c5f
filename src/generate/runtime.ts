import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * The API reference of `agent-orchestrator/runtime` as Markdown, from the doc comments of its exports. Independent of the
 * machine, the checkout and the date.
 */
export async function runtimeReference(root: string): Promise<string> {
  // dev dependencies, not installed with the package
  const [{ Application, LogLevel }, { load: markdown }] = await Promise.all([
    import("typedoc"),
    import("typedoc-plugin-markdown"),
  ]);
  const out = mkdtempSync(join(tmpdir(), "runtime-reference-"));
  try {
    const app = await Application.bootstrapWithPlugins({
      name: "agent-orchestrator/runtime",
      entryPoints: [join(root, "src/runtime/index.ts")],
      tsconfig: join(root, "src/tsconfig.json"),
      plugin: [markdown],
      outputs: [{ name: "markdown", path: out }],
      readme: "none",
      disableSources: true,
      hideGenerator: true,
      excludePrivate: true,
      excludeInternal: true,
      excludeExternals: true,
      gitRevision: "none",
      githubPages: false,
      skipErrorChecking: true,
      logLevel: LogLevel.Error,
      router: "module",
      // options of the Markdown plug-in
      ...{
        entryFileName: "README",
        hideBreadcrumbs: true,
        hidePageHeader: true,
        useCodeBlocks: true,
        expandObjects: false,
        parametersFormat: "table",
        interfacePropertiesFormat: "table",
        enumMembersFormat: "table",
        typeDeclarationFormat: "table",
        propertyMembersFormat: "table",
      },
    });
    const project = await app.convert();
    if (project === undefined) throw new Error("typedoc could not read the runtime's exports");
    await app.generateOutputs(project);
    return readFileSync(join(out, "README.md"), "utf8");
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}
