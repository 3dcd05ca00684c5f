/** Opens a link in the person's browser. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/** The program that opens files on a desktop; undefined where no desktop is. */
export function desktopOpener(platform: NodeJS.Platform, env: Environment): readonly string[] | undefined {
  // a window would appear on another machine
  if (env.SSH_CONNECTION !== undefined) return undefined;
  if (platform === "darwin") return ["open"];
  if (platform === "win32") return ["cmd", "/c", "start", ""];
  return env.DISPLAY !== undefined || env.WAYLAND_DISPLAY !== undefined ? ["xdg-open"] : undefined;
}

/**
 * Opens a link by way of a file that only this user can read: others on the machine see the arguments of all programs. A failure is not
 * reported, since the link is printed, too.
 *
 * @returns a function that removes the file
 */
export function openBrowser([program = "", ...args]: readonly string[], link: string): () => void {
  const folder = mkdtempSync(join(tmpdir(), "orchestrator-ui-"));
  const file = join(folder, "open.html");
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${link}"><title>orchestrator</title>\n`;
  writeFileSync(file, html, { mode: 0o600 });
  const child = spawn(program, [...args, file], { stdio: "ignore", detached: true });
  child.once("error", () => undefined);
  child.unref();
  return () => rmSync(folder, { recursive: true, force: true });
}
