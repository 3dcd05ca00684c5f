import { open } from "node:fs/promises";

/**
 * The content of a file; undefined if it does not exist.
 *
 * @throws Error if it exceeds the bound, without having read more of it, or cannot be read
 */
export async function readBoundedFile(path: string, maxBytes: number): Promise<Buffer | undefined> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0);
      if (bytesRead > maxBytes) throw new Error(`${path} exceeds ${maxBytes} bytes`);
      return Buffer.from(buffer.subarray(0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
