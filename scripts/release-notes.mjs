// Prints what the changelog says about a version: `node scripts/release-notes.mjs v1.2.3`. Exits with 1 if it says nothing.
import { readFileSync } from "node:fs";

const version = (process.argv[2] ?? "").replace(/^v/, "");
const sections = readFileSync("CHANGELOG.md", "utf8").split(/^## /m).slice(1);
const section = sections.find((text) => text.split("\n", 1)[0].replace(/^\[?([^\]\s]+).*$/, "$1") === version);
const notes = section?.slice(section.indexOf("\n")).trim() ?? "";
if (version === "" || notes === "") {
  console.error(`CHANGELOG.md has no section "## ${version}" with text; add it before the tag`);
  process.exit(1);
}
console.log(notes);
