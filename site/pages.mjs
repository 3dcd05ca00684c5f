// The order and the titles of the pages: the tables of docs/README.md, and of the README of each folder that they lead to.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder with the documents. */
export const docs = fileURLToPath(new URL("../docs", import.meta.url));

/** A section of the sidebar: `{ text, items: [{ text, link }] }`, where a link is a page such as `/guide/taskrun`. */
export function sidebar() {
  return sections("README.md").map(({ text, pages }) => ({
    text,
    collapsed: false,
    items: pages.map(({ text, file }) => {
      const inner = file.endsWith("/README.md") ? sections(file).flatMap(({ pages }) => pages) : [];
      const items = inner.map((page) => ({ text: page.text, link: linkOf(page.file) }));
      return { text, link: linkOf(file), ...(items.length > 0 && { collapsed: true, items }) };
    }),
  }));
}

/** The address of a document on the site. */
export function linkOf(file) {
  return `/${file.replace(/(^|\/)README\.md$/, "$1").replace(/\.md$/, "")}`;
}

/** The rows of a README's tables, by the heading above. Rows whose link leads out of docs are no pages of the site. */
function sections(readme) {
  const text = readFileSync(join(docs, readme), "utf8");
  return text
    .split(/^## /m)
    .map((part) => ({ text: part.split("\n", 1)[0].replace(/^# /, ""), pages: rows(part, dirname(readme)) }))
    .filter(({ pages }) => pages.length > 0);
}

function rows(part, folder) {
  return [...part.matchAll(/^\| \[`?([^\]`]+)`?\]\(([^)#\s]+\.md)\)(?::? ?([^|]*))/gm)].flatMap(
    ([, title, path, rest]) => {
      const file = normalize(join(folder, path));
      if (file.startsWith("..") || !existsSync(join(docs, file))) return [];
      // a number needs what it stands for: "001: Layers, enforced by a lint rule"
      return [{ file, text: /^\d+$/.test(title) && rest !== "" ? `${title}: ${rest.trim()}` : title }];
    },
  );
}
