// npm run test:mutations: puts faults into src, one at a time, and reports which of them the tests that need no cluster notice.
//
//   npm run test:mutations                        120 faults, always the same for the same sources and seed
//   npm run test:mutations -- --count 300 --seed 7 --only src/runs
//
// The faults are chosen at random among: a condition negated, a comparison or logical operator replaced, a number or boolean
// changed, and a call whose result is not used left out. Each is tried in a copy of the compiled project, against the unit
// tests that import the changed file, the nearest first. A fault is noticed if a test fails or does not end. Survivors are printed and written to build/mutations.json; test/mutations.md explains the known ones.
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import ts from "typescript";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "120" },
    seed: { type: "string", default: "1" },
    only: { type: "string", default: "src" },
    workers: { type: "string", default: "2" },
  },
});
const root = process.cwd();

/** Without a cluster these do next to nothing, or they are the tests' own tools. */
const excluded = /^src\/(cluster|demo|generate|runtime\/testing)\/|\/generated\/|\.d\.ts$/;

function filesBelow(folder, ending) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A small generator of random numbers in [0, 1), so that a seed repeats a run (mulberry32). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const replacements = new Map([
  [ts.SyntaxKind.EqualsEqualsEqualsToken, "!=="],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, "==="],
  [ts.SyntaxKind.LessThanToken, "<="],
  [ts.SyntaxKind.LessThanEqualsToken, "<"],
  [ts.SyntaxKind.GreaterThanToken, ">="],
  [ts.SyntaxKind.GreaterThanEqualsToken, ">"],
  [ts.SyntaxKind.AmpersandAmpersandToken, "||"],
  [ts.SyntaxKind.BarBarToken, "&&"],
  [ts.SyntaxKind.PlusToken, "-"],
  [ts.SyntaxKind.MinusToken, "+"],
]);

/** Every fault that could be put into a file: `{ file, start, end, text }`. */
function faultsOf(file) {
  const text = readFileSync(file, "utf8");
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true);
  const faults = [];
  const add = (node, replacement) => {
    const start = node.getStart(source);
    faults.push({ file, start, end: node.getEnd(), text: replacement, was: text.slice(start, node.getEnd()) });
  };
  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isInterfaceDeclaration(node)) return;
    if (ts.isIfStatement(node)) add(node.expression, `!(${node.expression.getText(source)})`);
    if (ts.isConditionalExpression(node)) add(node.condition, `!(${node.condition.getText(source)})`);
    if (ts.isBinaryExpression(node)) {
      const isText = [node.left, node.right].some(
        (side) => ts.isStringLiteralLike(side) || ts.isTemplateExpression(side),
      );
      const replacement = replacements.get(node.operatorToken.kind);
      if (replacement !== undefined && !(isText && node.operatorToken.kind === ts.SyntaxKind.PlusToken))
        add(node.operatorToken, replacement);
    }
    if (ts.isNumericLiteral(node)) add(node, `(${node.text} + 1)`);
    if (node.kind === ts.SyntaxKind.TrueKeyword && !ts.isLiteralTypeNode(node.parent)) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword && !ts.isLiteralTypeNode(node.parent)) add(node, "true");
    if (ts.isExpressionStatement(node)) {
      const call = ts.isAwaitExpression(node.expression) ? node.expression.expression : node.expression;
      if (ts.isCallExpression(call) && call.expression.kind !== ts.SyntaxKind.SuperKeyword) add(node, ";");
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return faults;
}

/** The compiled modules that a compiled test file loads, directly or not, with their distance. */
function loadedBy(test) {
  const distances = new Map();
  let open = [test];
  for (let distance = 1; open.length > 0; distance++) {
    const next = [];
    for (const file of open) {
      for (const [, specifier] of readFileSync(file, "utf8").matchAll(
        /(?:from|import)\s*\(?"((?:\.{1,2}\/|#src\/)[^"]+)"/g,
      )) {
        const target = specifier.startsWith("#src/")
          ? join("dist", specifier.slice(5))
          : join(dirname(file), specifier);
        if (!existsSync(target) || distances.has(target)) continue;
        distances.set(target, distance);
        next.push(target);
      }
    }
    open = next;
  }
  return distances;
}

/** Runs a test file in a copy of the project; resolves to whether it failed, and the seconds it took. */
function runTest(copy, file, seconds) {
  return new Promise((done) => {
    const started = Date.now();
    const child = spawn(process.execPath, [file], {
      cwd: copy,
      stdio: "ignore",
      timeout: Math.ceil(seconds * 1000),
      killSignal: "SIGKILL",
      env: { ...process.env, NODE_ENV: "test", TEST_SEED: "1", TAP_BAIL: "1", TAP_TIMEOUT: "600" },
    });
    child.once("close", (code) => done({ failed: code !== 0, seconds: (Date.now() - started) / 1000 }));
  });
}

function makeCopy(name) {
  const copy = resolve("build/mutations", name);
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  for (const entry of readdirSync(root)) {
    if ([".git", "node_modules", "build"].includes(entry)) continue;
    cpSync(entry, join(copy, entry), { recursive: true });
  }
  cpSync("build/test", join(copy, "build/test"), { recursive: true });
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  return copy;
}

const random = generator(Number(values.seed));
const candidates = filesBelow(values.only, ".ts")
  .map((file) => relative(root, resolve(file)))
  .filter((file) => !excluded.test(file))
  .flatMap(faultsOf);
const chosen = Array.from({ length: Math.min(Number(values.count), candidates.length) }, () =>
  candidates.splice(Math.floor(random() * candidates.length), 1).at(0),
);
const allTests = filesBelow("build/test", ".test.js").filter(
  // these look at documents, packages and programs, not at modules
  (file) => !/\/(integration|e2e|programs|cluster)\/|\/cli\/(bundle|package|documents)\./.test(file),
);
const loaded = new Map(allTests.map((file) => [file, loadedBy(file)]));
const compiledFile = (file) => join("dist", relative("src", file)).replace(/\.ts$/, ".js");
const unitTests = allTests.filter((test) => chosen.some(({ file }) => loaded.get(test)?.has(compiledFile(file))));
const copies = Array.from({ length: Number(values.workers) }, (_, index) => makeCopy(`copy-${index}`));

console.log(`measuring ${unitTests.length} unit test files`);
const baseline = new Map();
for (const file of unitTests) {
  const { failed, seconds } = await runTest(copies[0], file, 600);
  if (failed) console.log(`left out, since it fails without any fault: ${file}`);
  else baseline.set(file, seconds);
}

const survivors = [];
const waiting = [...chosen];
let done = 0;
async function work(copy) {
  for (let fault = waiting.shift(); fault !== undefined; fault = waiting.shift()) {
    const { file, start, end, text } = fault;
    const source = readFileSync(file, "utf8");
    const compiled = compiledFile(file);
    const original = readFileSync(compiled, "utf8");
    const mutated = ts.transpileModule(source.slice(0, start) + text + source.slice(end), {
      compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
    }).outputText;
    writeFileSync(join(copy, compiled), mutated);
    const cost = (test) => (loaded.get(test)?.get(compiled) ?? 99) * 5 + (baseline.get(test) ?? 0);
    const relevant = [...baseline.keys()]
      .filter((test) => loaded.get(test)?.has(compiled))
      .sort((a, b) => cost(a) - cost(b));
    let noticedBy;
    for (const test of relevant) {
      if ((await runTest(copy, test, (baseline.get(test) ?? 1) * 4 + 15)).failed) {
        noticedBy = test;
        break;
      }
    }
    writeFileSync(join(copy, compiled), original);
    done += 1;
    const line = source.slice(0, start).split("\n").length;
    const what = `${file}:${line}  ${fault.was.split("\n")[0]}  ->  ${text.split("\n")[0]}`;
    console.log(`${String(done).padStart(4)} ${noticedBy === undefined ? "SURVIVED" : "noticed "} ${what}`);
    if (noticedBy === undefined) survivors.push({ file, line, was: fault.was, now: text, tests: relevant.length });
  }
}
await Promise.all(copies.map(work));
rmSync("build/mutations", { recursive: true, force: true });

console.log(`\nsurvivors:`);
for (const { file, line, was, now, tests } of survivors)
  console.log(`${file}:${line} (${tests} test files load it)\n    ${was}\n    ${now}`);
const folders = [...new Set(chosen.map(({ file }) => file.split("/").slice(0, 2).join("/")))].sort();
for (const folder of folders) {
  const all = chosen.filter(({ file }) => file.startsWith(`${folder}/`)).length;
  const left = survivors.filter(({ file }) => file.startsWith(`${folder}/`)).length;
  console.log(`${folder.padEnd(20)} ${all - left} of ${all}`);
}
const rate = (100 * (chosen.length - survivors.length)) / chosen.length;
console.log(
  `${chosen.length - survivors.length} of ${chosen.length} faults noticed (${rate.toFixed(1)} %), seed ${values.seed}`,
);
writeFileSync("build/mutations.json", JSON.stringify({ seed: values.seed, count: chosen.length, survivors }, null, 2));
