import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import { OperationError } from "../../operations/operation-error.js";
import { errorText } from "../../runtime/error-text.js";

/**
 * The content of a regular file within a directory; undefined if it does not exist.
 *
 * @param root the directory; a link that leads out of it is refused
 * @param maxBytes bytes that it may have
 * @throws OperationError that names the file
 */
export function readBoundedFile(file: string, root: string, maxBytes: number): Buffer | undefined {
  let descriptor: number | undefined;
  try {
    const real = realpathSync(file);
    if (isOutside(real, realpathSync(root)))
      throw new OperationError(`${file}: is a link to ${real}, outside the project; copy the file into the project`);
    // not the name again, which could lead elsewhere now; without waiting for a writer, if it is a pipe
    descriptor = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw new OperationError(`${file}: is not a regular file`);
    if (stats.size > maxBytes)
      throw new OperationError(`${file}: has ${stats.size} bytes; at most ${maxBytes} are read`);
    return readFileSync(descriptor);
  } catch (error) {
    if (error instanceof OperationError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new OperationError(`${file}: cannot be read: ${errorText(error)}`, { cause: error });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function isOutside(path: string, root: string): boolean {
  const way = relative(root, path);
  return way === ".." || way.startsWith(`..${sep}`);
}
