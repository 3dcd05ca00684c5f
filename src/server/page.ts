/** Serves the page: a few static files, which hold no data of anyone. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Context, Middleware } from "koa";
import { packageRoot } from "../version.js";

/** Only the page's own files, and no inline scripts or styles: text of an agent that became HTML could not act. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** Of all answers below /ui, beside those that the application sets for every response. */
const headers = {
  "content-security-policy": contentSecurityPolicy,
  "cross-origin-opener-policy": "same-origin",
} as const;

const types = new Map([
  ["html", "text/html; charset=utf-8"],
  ["js", "text/javascript; charset=utf-8"],
  ["css", "text/css; charset=utf-8"],
  ["svg", "image/svg+xml"],
]);

interface PageFile {
  readonly type: string;
  readonly content: Buffer;
  readonly compressed: Buffer;
  readonly etag: string;
}

/** The page's files by their path below /ui/, in memory. */
export type PageFiles = ReadonlyMap<string, PageFile>;

/** Reads the built page. @throws Error if it was not built */
export function readPage(folder: string = join(packageRoot, "bundle/ui")): PageFiles {
  let names: string[];
  try {
    names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  } catch (error) {
    throw new Error(`the page is not built: ${folder} is missing; run npm run build`, { cause: error });
  }
  const files = names.flatMap((name): (readonly [string, PageFile])[] => {
    const type = types.get(name.split(".").at(-1) ?? "");
    if (type === undefined) return [];
    const content = readFileSync(join(folder, name));
    const etag = `"${createHash("sha256").update(content).digest("base64url").slice(0, 22)}"`;
    return [[name.replaceAll("\\", "/"), { type, content, compressed: gzipSync(content, { level: 9 }), etag }]];
  });
  return new Map(files);
}

/**
 * Answers GET and HEAD below /ui/ with the page, and / with a redirection to it; other requests are passed on. Every path without a file is a view of
 * the page: what else is below /ui/ has to come before. Names of assets contain a digest of their content, so that a browser asks for each once.
 */
export function servePage(files: PageFiles): Middleware {
  return async (context, next): Promise<void> => {
    const { path, method } = context;
    const isPage = path === "/ui" || path.startsWith("/ui/");
    if ((path !== "/" && !isPage) || (method !== "GET" && method !== "HEAD")) {
      await next();
      return;
    }
    context.set(headers);
    if (path === "/" || path === "/ui") {
      context.redirect("/ui/");
      return;
    }
    const name = path.slice("/ui/".length);
    const isAsset = name.startsWith("assets/");
    const file = files.get(isAsset ? name : "index.html");
    if (file === undefined) {
      context.status = 404;
      context.body = "there is no such file; reload the page\n";
      return;
    }
    context.set("cache-control", isAsset ? "public, max-age=31536000, immutable" : "no-cache");
    send(context, file);
  };
}

function send(context: Context, { type, content, compressed, etag }: PageFile): void {
  context.status = 200;
  context.set({ etag, "content-type": type, vary: "accept-encoding" });
  if (context.fresh) {
    context.status = 304;
    return;
  }
  const isCompressed = context.acceptsEncodings("gzip", "identity") === "gzip";
  if (isCompressed) context.set("content-encoding", "gzip");
  context.body = isCompressed ? compressed : content;
}
