/** What opens links, and which links it opens. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { browserOpener, isWebUrl, openPrivately, openUrl } from "#src/cli/open-browser.js";
import { eventually } from "../eventually.js";

t.test("the opener is BROWSER, else the desktop's, and none on another machine's terminal", (t) => {
  t.strictSame(browserOpener("linux", { DISPLAY: ":0" }), ["xdg-open"]);
  t.strictSame(browserOpener("linux", { WAYLAND_DISPLAY: "wayland-0" }), ["xdg-open"]);
  t.strictSame(browserOpener("linux", {}), undefined);
  t.strictSame(browserOpener("linux", { DISPLAY: "" }), undefined);
  t.strictSame(browserOpener("darwin", {}), ["open"]);
  t.strictSame(browserOpener("win32", {}), ["rundll32", "url.dll,FileProtocolHandler"], "without a shell");
  t.strictSame(browserOpener("linux", { DISPLAY: ":0", SSH_CONNECTION: "a" }), undefined);
  t.strictSame(browserOpener("linux", { BROWSER: "firefox --new-window %s:lynx", SSH_CONNECTION: "a" }), [
    ...["firefox", "--new-window", "%s"],
  ]);
  t.end();
});

t.test("only URLs of the web are opened", (t) => {
  for (const url of ["https://github.com/acme/auth/pull/7?a=b&c=%20#d", "http://localhost:8080/"])
    t.ok(isWebUrl(url), url);
  for (const url of [
    ...["file:///etc/passwd", "javascript:alert(1)", "vscode://file/x", "--version", "", "https://", "C:\\evil.exe"],
    ...["https://a b", "https://a\nb", "https://a\u001b[2J", "//github.com/x", "https://[", " https://a"],
  ]) {
    t.notOk(isWebUrl(url), url);
    t.throws(() => openUrl(["true"], url), { message: "only http and https URLs are opened" });
  }
  t.end();
});

t.test(
  "a link reaches the program as one argument, whatever a shell would make of it; a secret one does not",
  async (t) => {
    const directory = t.testdir({});
    const seen = join(directory, "seen");
    const program = join(directory, "browser");
    writeFileSync(program, `#!/bin/sh\nfor each; do echo "[$each]"; done > ${seen}.tmp\nmv ${seen}.tmp ${seen}\n`);
    chmodSync(program, 0o755);
    const read = (part: string): Promise<string> =>
      eventually("the program has run", () => {
        const text = readFileSync(seen, { encoding: "utf8", flag: "a+" });
        return text.includes(part) ? text : undefined;
      });
    const url = "https://example.com/?a=1&calc.exe|x;$(id)`id`";
    openUrl([program, "--new"], url);
    t.equal(await read("example"), `[--new]\n[${url}]\n`);
    openUrl([program, "%s", "--after"], url);
    t.equal(await read("--after"), `[${url}]\n[--after]\n`);
    const forget = openPrivately([program], "http://127.0.0.1:1/?secret=word");
    const text = await read("open.html");
    t.notMatch(text, "word");
    const [, file = ""] = /\[(.*)\]/.exec(text) ?? [];
    t.match(readFileSync(file, "utf8"), "url=http://127.0.0.1:1/?secret=word");
    forget();
    t.throws(() => readFileSync(file), { code: "ENOENT" });
    t.doesNotThrow(() => openUrl(["/nowhere/browser"], url), "a missing browser is no failure");
  },
);
