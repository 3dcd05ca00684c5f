/** Headers and certificates for the collector: files of a directory, usually a mounted Secret, so that no ConfigMap holds them. */
import { join } from "node:path";
import { readBoundedFile } from "../runtime/input/bounded-file.js";

/** What the directory holds. */
export interface CollectorFiles {
  /** From `headers`: a line `name: value` each; empty lines and lines that begin with # are ignored. */
  readonly headers: Readonly<Record<string, string>>;
  /** From `ca.crt`: the authorities of the collector's certificate (PEM). Absent: those of Node.js. */
  readonly authorities?: Buffer;
  /** From `tls.crt` and `tls.key`: the certificate and key of this client (PEM). */
  readonly certificate?: Buffer;
  readonly key?: Buffer;
}

const maxBytes = 256 * 1024;

/**
 * Reads the directory. A file or directory that does not exist is not an error.
 *
 * @throws Error if a file is too large, or a line of `headers` is not a header; the message does not contain the line
 */
export async function readCollectorFiles(directory: string): Promise<CollectorFiles> {
  const [headers, authorities, certificate, key] = await Promise.all(
    ["headers", "ca.crt", "tls.crt", "tls.key"].map((name) => readBoundedFile(join(directory, name), maxBytes)),
  );
  if ((certificate === undefined) !== (key === undefined))
    throw new Error(`${directory} must hold both tls.crt and tls.key, or none of them`);
  return {
    headers: headersOf(headers?.toString("utf8") ?? "", join(directory, "headers")),
    ...(authorities !== undefined && { authorities }),
    ...(certificate !== undefined && key !== undefined && { certificate, key }),
  };
}

function headersOf(text: string, path: string): Record<string, string> {
  const headers: [string, string][] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === "" || line.startsWith("#")) return;
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*:[ \t]*([\t\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(`${path}, line ${index + 1}: must be "name: value", in ASCII`);
    headers.push([name.toLowerCase(), value.trim()]);
  });
  return Object.fromEntries(headers);
}
