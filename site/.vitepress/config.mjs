// The documentation site. Pages stay plain Markdown that is readable on GitHub; what differs there is translated here.
//
// SITE_BASE        path below which the site is served (default: /)
// SITE_REPOSITORY  URL of the repository at the commit, for links to files outside of docs, such as
//                  https://github.com/owner/name/blob/main (default: none, and such links are plain text)
import { cpSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { docs, linkOf, sidebar } from "../pages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const repository = process.env.SITE_REPOSITORY;
const isExternal = (href) => /^[a-z]+:/.test(href);

/** GitHub's anchors, which the links in the documents use. */
function slugify(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

/** Links to files outside of docs lead to the repository, and those to a folder's README to its index. */
function linksOutside(markdown) {
  markdown.core.ruler.push("links-outside", ({ tokens, env }) => {
    for (const { children } of tokens) {
      let isText = false;
      for (const token of children ?? []) {
        if (token.type === "link_close" && isText) {
          isText = false;
          Object.assign(token, { type: "html_inline", tag: "", content: "" });
        }
        if (token.type !== "link_open") continue;
        const href = token.attrGet("href");
        if (isExternal(href) || href.startsWith("#")) continue;
        const file = relative(root, join(dirname(env.path), decodeURI(href)));
        if (file.startsWith("docs/")) {
          token.attrSet("href", href.replace(/(^|\/)README\.md(?=$|#)/, "$1index.md"));
          continue;
        }
        isText = repository === undefined;
        if (isText) Object.assign(token, { type: "html_inline", tag: "", content: "", attrs: null });
        else token.attrSet("href", `${repository}/${file}`);
      }
    }
  });
}

/** Braces are text: pages contain no expressions of Vue, and many templates. */
function literalBraces(markdown) {
  for (const type of ["text", "code_inline", "html_inline", "html_block"]) {
    const render = markdown.renderer.rules[type];
    markdown.renderer.rules[type] = (...args) => render(...args).replaceAll("{{", "&#123;&#123;");
  }
}

/** Only anchors and line breaks are HTML. Other tags, such as <name>, are placeholders in generated text. */
function placeholders(markdown) {
  const { html_inline: render } = markdown.renderer.rules;
  markdown.renderer.rules.html_inline = (tokens, index, ...rest) =>
    /^<\/?(a|br)\b|^$/.test(tokens[index].content)
      ? render(tokens, index, ...rest)
      : markdown.utils.escapeHtml(tokens[index].content);
}

export default defineConfig({
  title: "agent-orchestrator",
  description: "A Kubernetes operator that runs AI coding agents as custom resources",
  lang: "en-US",
  head: [["link", { rel: "icon", href: "data:," }]],
  base: process.env.SITE_BASE ?? "/",
  srcDir: relative(fileURLToPath(new URL("..", import.meta.url)), docs),
  srcExclude: ["man/**"],
  outDir: "dist",
  cleanUrls: true,
  lastUpdated: false,
  // pages link to these, beside those that they show
  buildEnd: ({ outDir }) => cpSync(join(docs, "images"), join(outDir, "images"), { recursive: true }),
  rewrites: (file) => file.replace(/(^|\/)README\.md$/, "$1index.md"),
  markdown: {
    anchor: { slugify },
    config: (markdown) => [linksOutside, placeholders, literalBraces].forEach((change) => change(markdown)),
  },
  vite: {
    // the documents are outside of this folder, and what they are compiled to imports Vue
    resolve: { alias: { vue: fileURLToPath(new URL("../node_modules/vue", import.meta.url)) } },
    build: { chunkSizeWarningLimit: 2_000 },
  },
  themeConfig: {
    search: { provider: "local" },
    sidebar: sidebar(),
    nav: [
      { text: "Install", link: linkOf("guide/install.md") },
      { text: "Runbook", link: linkOf("runbook.md") },
      { text: "Reference", link: linkOf("reference/README.md") },
    ],
    outline: [2, 3],
    ...(repository !== undefined && {
      socialLinks: [{ icon: "github", link: repository.replace(/\/(?:blob|tree)\/.*$/, "") }],
    }),
  },
});
