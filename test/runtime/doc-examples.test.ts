/**
 * The code in documents is type-checked: every `@example` of a doc comment in src, and every TypeScript block of the
 * runtime's guide. All of it is one program, whose files exist only in memory, against the declarations in dist.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import t from "tap";
import ts from "typescript";
import { packageRoot } from "#src/version.js";

const guide = "docs/guide/runtime.md";
const index = join(packageRoot, "dist/runtime/index.d.ts");
const sources = readdirSync(join(packageRoot, "src"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts") && !file.includes("generated"))
  .map((file) => join(packageRoot, "src", file));

interface Example {
  /** Where it is written: `file:line`. */
  readonly place: string;
  /** The path under which it is compiled: imports are relative to its directory. */
  readonly file: string;
  readonly text: string;
  /** Absent for code that stands on its own: the file whose imports and exports it may use, beside the runtime's. */
  readonly origin?: string;
}

/** The code of each `@example` of a source file, without the comment's asterisks. */
function examplesOf(file: string): Example[] {
  const text = readFileSync(file, "utf8");
  const found: Example[] = [];
  for (const comment of text.matchAll(/^ *\/\*\*[^]*?\*\//gm)) {
    for (const match of comment[0].matchAll(/^ *\* @example *\n([^]*?)(?=^ *\* @|^ *\*\/)/gm)) {
      const line = text.slice(0, comment.index + match.index).split("\n").length;
      const code = (match[1] ?? "").replace(/^ *\* ?/gm, "").replace(/^```.*$/gm, "");
      const place = `${relative(packageRoot, file)}:${line}`;
      const compiled = file.replace(`${packageRoot}/src/`, `${packageRoot}/dist/`).replace(/\.ts$/, ".d.ts");
      found.push({
        place,
        file: `${compiled.replace(/\.d\.ts$/, "")}.example-${line}.ts`,
        text: code,
        origin: compiled,
      });
    }
  }
  return found;
}

/** The TypeScript blocks of the guide; they stand on their own, with `./website.js` of the examples. */
function blocksOf(markdown: string): Example[] {
  const text = readFileSync(join(packageRoot, markdown), "utf8");
  return [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map((match, number) => ({
    place: `${markdown}:${text.slice(0, match.index).split("\n").length}`,
    file: join(packageRoot, "examples", `guide-${number}.ts`),
    text: match[1] ?? "",
  }));
}

/** Imports of what the example uses, which examples in comments leave out: from its own file, else from the runtime. */
function importsFor({ text, origin = index }: Example, names: (file: string) => readonly string[]): string {
  const known = new Set<string>();
  const lines = ["export {};"];
  for (const file of [origin, index]) {
    const used = names(file).filter((name) => !known.has(name) && new RegExp(`\\b${name}\\b`).test(text));
    for (const name of used) known.add(name);
    const path = relative(dirname(origin), file)
      .replace(/^(?!\.)/, "./")
      .replace(/\.d\.ts$/, ".js");
    if (used.length > 0) lines.push(`import { ${used.join(", ")} } from ${JSON.stringify(path)};`);
  }
  for (const [statement, imported = ""] of readFileSync(origin, "utf8").matchAll(
    /^import [^;]*?\{([^;]*?)\}[^;]*?;$/gm,
  )) {
    const bound = imported.split(",").map((one) =>
      one
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    );
    if (bound.some((name) => known.has(name))) continue;
    for (const name of bound) known.add(name);
    lines.push(statement);
  }
  return `${lines.join("\n")}\n`;
}

/** The errors of each example, with its place. */
function compile(examples: readonly Example[]): string[] {
  const base = ts.readConfigFile(join(packageRoot, "tsconfig.base.json"), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent({ ...(base.config as object), include: [] }, ts.sys, packageRoot);
  const settings: ts.CompilerOptions = {
    ...options,
    noEmit: true,
    composite: false,
    incremental: false,
    // examples show single statements, and get more imports than they use
    noUnusedLocals: false,
    verbatimModuleSyntax: false,
    skipLibCheck: true,
  };
  const texts = new Map<string, string>();
  const disk = ts.createCompilerHost(settings);
  const host = { ...disk };
  host.fileExists = (file) => texts.has(file) || disk.fileExists(file);
  host.readFile = (file) => texts.get(file) ?? disk.readFile(file);
  host.getSourceFile = (file, ...rest) => {
    const text = texts.get(file);
    return text === undefined ? disk.getSourceFile(file, ...rest) : ts.createSourceFile(file, text, rest[0]);
  };
  const origins = examples.flatMap(({ origin }) => origin ?? []);
  const declarations = ts.createProgram([index, ...origins], settings, host);
  const names = (file: string): string[] => {
    const source = declarations.getSourceFile(file);
    const symbol = source && declarations.getTypeChecker().getSymbolAtLocation(source);
    return symbol === undefined
      ? []
      : declarations
          .getTypeChecker()
          .getExportsOfModule(symbol)
          .map(({ name }) => name);
  };
  for (const example of examples) {
    texts.set(example.file, example.origin === undefined ? example.text : importsFor(example, names) + example.text);
  }
  // the declarations are parsed once
  const program = ts.createProgram([...texts.keys()], settings, host, declarations);
  return examples.flatMap(({ file, place }) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ messageText }) => `${place}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
}

t.test("every export of the runtime has a doc comment", (t) => {
  const settings = { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext };
  const program = ts.createProgram([index], { ...settings, noResolve: false, skipLibCheck: true, types: ["node"] });
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index);
  const symbol = source && checker.getSymbolAtLocation(source);
  const exported = symbol === undefined ? [] : checker.getExportsOfModule(symbol);
  t.ok(exported.length > 100);
  const silent = exported.filter((each) => {
    const meant = (each.flags & ts.SymbolFlags.Alias) === 0 ? each : checker.getAliasedSymbol(each);
    return meant.getDocumentationComment(checker).length === 0;
  });
  t.same(
    silent.map(({ name }) => name),
    [],
  );
  t.end();
});

t.test("the code in doc comments and in the guide compiles, and code that does not would be found", (t) => {
  const examples = sources.flatMap(examplesOf);
  const blocks = blocksOf(guide);
  t.ok(examples.length >= 5, `${examples.length} examples`);
  t.ok(blocks.length >= 5, `${blocks.length} blocks`);
  const wrong: Example = {
    place: "wrong.ts:7",
    file: join(packageRoot, "dist/runtime/wrong.ts"),
    text: "const queue: PriorityQueue = new FakeClock();\n",
    origin: index,
  };
  const [found, ...others] = compile([wrong, ...examples, ...blocks]);
  t.match(found, /^wrong\.ts:7: Type 'FakeClock' is not assignable to type 'PriorityQueue'/);
  t.same(others, []);
  t.end();
});
