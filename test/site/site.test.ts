/** The documentation site: every document is one of its pages, its links lead somewhere, and its search finds each page. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import t from "tap";
import { packageRoot } from "#src/version.js";

interface Item {
  readonly text: string;
  readonly link: string;
  readonly items?: readonly Item[];
}

const folder = join(packageRoot, "site");
const { sidebar, linkOf } = (await import(pathToFileURL(join(folder, "pages.mjs")).href)) as {
  readonly sidebar: () => readonly { readonly text: string; readonly items: readonly Item[] }[];
  readonly linkOf: (file: string) => string;
};
const documents = readdirSync(join(packageRoot, "docs"), { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".md") && file !== "README.md")
  .sort();
const pages = sidebar()
  .flatMap(({ items }) => items)
  .flatMap((item) => [item, ...(item.items ?? [])]);

t.test("every document is a page in the sidebar, once, with a title", (t) => {
  t.ok(documents.length > 50, `${documents.length} documents`);
  t.same(pages.map(({ link }) => link).sort(), documents.map(linkOf).sort());
  t.same(
    pages.filter(({ text }) => text.trim() === ""),
    [],
  );
  t.end();
});

const isFull = process.env.TEST_FULL === "1";
const dist = join(folder, "dist");

/** The built page of a link; undefined where none exists. */
function builtPage(link: string): string | undefined {
  return [`${link}.html`, join(link, "index.html"), link]
    .map((file) => join(dist, file))
    .find((file) => existsSync(file) && /\.[a-z]+$/.test(file));
}

/** Runs `npm run site`; returns its exit code, and what it printed. */
function build(): { readonly code: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("npm", ["run", "site"], {
    cwd: packageRoot,
    encoding: "utf8",
    env: { ...process.env, SITE_REPOSITORY: "https://example.com/repository/blob/main", SITE_BASE: "/" },
  });
  return { code: status, output: stdout + stderr };
}

/** Links of all built pages that lead to no page, or to no heading. */
function deadLinks(): string[] {
  const html = new Map(
    ["/", ...pages.map(({ link }) => link)].map((link) => [link, readFileSync(builtPage(link) ?? "", "utf8")]),
  );
  return [...html].flatMap(([from, text]) =>
    [...text.matchAll(/<a [^>]*href="(?!https?:|mailto:)([^"#]*)(?:#([^"]*))?"/g)].flatMap(([, href = "", anchor]) => {
      const link = href === "" ? from : posix.resolve("/", posix.dirname(`${from}.`), decodeURI(href));
      const file = builtPage(link);
      if (file === undefined) return [`${from}: ${href}`];
      if (anchor === undefined || anchor === "") return [];
      const target = decodeURIComponent(anchor).replaceAll("&amp;", "&");
      return readFileSync(file, "utf8").includes(`id="${target}"`) ? [] : [`${from}: ${href}#${anchor}`];
    }),
  );
}

// 45 s, most of them to install VitePress
t.test(
  "the site is built without a dead link, and its search finds every page",
  { skip: !isFull && "npm run test:full builds it", timeout: 300_000 },
  async (t) => {
    const { code, output } = build();
    t.equal(code, 0, output.slice(-4_000));
    t.same(deadLinks(), []);

    const assets = join(dist, "assets/chunks");
    const index = readdirSync(assets).find((file) => file.startsWith("@localSearchIndexroot")) ?? "";
    const { default: json } = (await import(pathToFileURL(join(assets, index)).href)) as { default: string };
    const { default: MiniSearch } = (await import(
      pathToFileURL(createRequire(join(folder, "package.json")).resolve("minisearch")).href
    )) as { default: MiniSearchClass };
    const search = MiniSearch.loadJSON(json, { fields: ["title", "titles", "text"], storeFields: ["title", "titles"] });
    const missing = documents.filter((file) => {
      const [, title = ""] = /^# (.*)$/m.exec(readFileSync(join(packageRoot, "docs", file), "utf8")) ?? [];
      const found = search.search(title.replaceAll("`", "")).map(({ id }) => id.replace(/(\.html)?#.*$/, ""));
      return !found.includes(linkOf(file));
    });
    t.same(missing, []);
  },
);

/** The library with which the theme searches, as far as it is used here. */
interface MiniSearchClass {
  readonly loadJSON: (
    json: string,
    options: object,
  ) => { readonly search: (query: string) => readonly { readonly id: string }[] };
}
