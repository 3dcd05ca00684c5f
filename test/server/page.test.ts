/** The page's files: what is sent, and how large it is. */
import { gunzipSync, gzipSync } from "node:zlib";
import t from "tap";
import { readPage, servePage } from "#src/server/page.js";
import { startPageServer } from "./page-server.js";

t.test("the page and its assets have at most 100 kB compressed", (t) => {
  const files = [...readPage().values()];
  const bytes = files.reduce((sum, { content }) => sum + gzipSync(content, { level: 9 }).length, 0);
  t.comment(`${bytes} bytes in ${files.length} files`);
  t.equal(files.length, 4);
  t.ok(bytes > 10_000 && bytes <= 100_000, `${bytes} bytes`);
  t.end();
});

t.test("a page that was not built is an error that says what to do", (t) => {
  t.throws(() => readPage("/nowhere/ui"), /the page is not built: \/nowhere\/ui is missing; run npm run build/);
  t.end();
});

t.test("every view is the same document, with a strict policy and no inline code", async (t) => {
  const server = await startPageServer(
    t,
    () => [servePage(readPage())],
    () => undefined,
  );
  for (const path of ["/ui/", "/ui/runs/a/taskruns/b", "/ui/anything"]) {
    const { status, headers, body } = await server.request(path);
    t.equal(status, 200);
    t.equal(headers["content-type"], "text/html; charset=utf-8");
    t.equal(headers["cache-control"], "no-cache");
    t.equal(
      headers["content-security-policy"],
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    t.equal(headers["x-content-type-options"], "nosniff");
    t.notMatch(body, /<style|style=|<script>| on\w+=/);
  }
  for (const path of ["/", "/ui"]) t.match(await server.request(path), { status: 302, headers: { location: "/ui/" } });
});

t.test("assets are cached indefinitely and compressed on request; unknown ones do not exist", async (t) => {
  const server = await startPageServer(
    t,
    () => [servePage(readPage())],
    () => undefined,
  );
  const html = (await server.request("/ui/")).body;
  const paths = [...html.matchAll(/(?:href|src)="(\/ui\/assets\/[^"]+)"/g)].map(([, path = ""]) => path);
  t.equal(paths.length, 3);
  for (const path of paths) {
    t.match(path, /-[A-Z0-9]{8}\.(js|css|svg)$/);
    const { status, headers, body } = await server.request(path);
    t.equal(status, 200);
    t.equal(headers["cache-control"], "public, max-age=31536000, immutable");
    t.equal(headers["content-encoding"], undefined);
    t.ok(body.length > 100);
    const again = await server.request(path, { headers: { "if-none-match": String(headers.etag) } });
    t.strictSame([again.status, again.body], [304, ""]);
    t.match(
      (await server.request(path, { headers: { "accept-encoding": "gzip, br" } })).headers["content-encoding"],
      "gzip",
    );
    t.equal((await server.request(path, { method: "HEAD" })).body, "");
    t.equal(gunzipSync(readPage().get(path.slice("/ui/".length))?.compressed ?? "").toString(), body);
  }
  for (const path of ["/ui/assets/other.js", "/ui/assets/../index.html", "/ui/assets/%2e%2e/index.html"])
    t.equal((await server.request(path)).status, 404, path);
  t.equal((await server.request("/ui/", { method: "POST" })).status, 404);
});
