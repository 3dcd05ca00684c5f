/**
 * What a container shows the gateway to be allowed to write. It is in a directory that only these containers mount, and is valid for
 * nothing outside the pod. Beside it is a file that git can include, with which git shows it.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gitIncludeName } from "../../api/names.js";

/** Name of the request's header. */
export const capabilityHeader = "x-orchestrator-write";

const fileName = "capability";

/** The same for as long as the pod lives: a gateway that starts again finds it. */
export function writeCapability(directory: string): (shown: string | string[] | undefined) => boolean {
  const value = kept(directory) ?? created(directory);
  const expected = Buffer.from(value);
  return (shown) => {
    const given = Buffer.from(typeof shown === "string" ? shown : "");
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

/** For git of containers in which no script of the operator's runs. @param url of the gateway */
export function writeGitInclude(directory: string, url: string): void {
  const value = kept(directory) ?? created(directory);
  place(directory, gitIncludeName, `[http "${url}/"]\n\textraHeader = ${capabilityHeader}: ${value}\n`);
}

function kept(directory: string): string | undefined {
  try {
    const text = readFileSync(join(directory, fileName), "utf8");
    return /^[A-Za-z0-9_-]{43}$/.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function created(directory: string): string {
  const text = randomBytes(32).toString("base64url");
  place(directory, fileName, text);
  return text;
}

/** Read by the group of the pod's volumes; the name appears with the whole content. */
function place(directory: string, name: string, text: string): void {
  const file = join(directory, name);
  writeFileSync(`${file}.new`, text, { mode: 0o440 });
  renameSync(`${file}.new`, file);
}
