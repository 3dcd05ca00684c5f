/** The values of Secrets that the agent has in variables: they must not be pushed. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readBoundedFile } from "../../runtime/input/bounded-file.js";

/** Secrets also contain values that are not secret, such as `production`: shorter values are not searched for. */
const shortest = 12;

/** Bytes of one key of a Secret that are read. */
const maxBytes = 65_536;

/** @param directory has a directory for each Secret; none of them need be there */
export async function secretVariables(directory: string): Promise<readonly string[]> {
  const secrets = await entriesOf(directory);
  const files = await Promise.all(
    secrets.map(async (secret) =>
      (await entriesOf(join(directory, secret))).map((key) => join(directory, secret, key)),
    ),
  );
  const values = await Promise.all(files.flat().map((file) => readBoundedFile(file, maxBytes).catch(() => undefined)));
  return values
    .flatMap((value) => value?.toString().split("\n") ?? [])
    .map((line) => line.trim())
    .filter((line) => line.length >= shortest && !line.startsWith("-----"));
}

/** Without those that the kubelet uses to exchange the content. */
async function entriesOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(directory).catch(() => []);
  return entries.filter((name) => !name.startsWith(".."));
}
