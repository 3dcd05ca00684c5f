/** Opens links in the person's browser: the one place that starts it, and never through a shell. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** A program and its first arguments; the link comes last, or where an argument is `%s`. */
export type Opener = readonly string[];

/** What opens links here: BROWSER, else the desktop's program; undefined where no browser can be shown. */
export function browserOpener(platform: NodeJS.Platform, env: Environment): Opener | undefined {
  const [chosen = ""] = (env.BROWSER ?? "").split(platform === "win32" ? ";" : ":");
  if (chosen.trim() !== "") return chosen.trim().split(/\s+/);
  // a window would appear on another machine
  if (env.SSH_CONNECTION !== undefined) return undefined;
  if (platform === "darwin") return ["open"];
  // not cmd /c start, which interprets characters of the link
  if (platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}

/** A URL of the web as a browser takes it, without anything that a program could take for an option or a second word. */
export function isWebUrl(text: string): boolean {
  return /^https?:\/\/[!-~]+$/.test(text) && URL.canParse(text);
}

/** Opens a URL. A failure is not reported, since the URL is printed, too. @throws Error if it is not an http or https URL */
export function openUrl(opener: Opener, url: string): void {
  if (!isWebUrl(url)) throw new Error("only http and https URLs are opened");
  start(opener, url);
}

/**
 * Opens a link that is a secret by way of a file that only this user can read: others on the machine see the arguments of all programs. A
 * failure is not reported, since the link is printed, too.
 *
 * @returns a function that removes the file
 */
export function openPrivately(opener: Opener, link: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), "orchestrator-ui-"));
  const file = join(folder, "open.html");
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${link}"><title>orchestrator</title>\n`;
  writeFileSync(file, html, { mode: 0o600 });
  start(opener, file);
  return () => rmSync(folder, { recursive: true, force: true });
}

function start([program = "", ...first]: Opener, target: string): void {
  const args = first.includes("%s") ? first.map((each) => (each === "%s" ? target : each)) : [...first, target];
  const child = spawn(program, args, { stdio: "ignore", detached: true, shell: false });
  child.once("error", () => undefined);
  child.unref();
}
