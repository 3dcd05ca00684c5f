/** Positions of objects and fields in YAML files. */
import type { Document, LineCounter } from "yaml";
import { placeOf } from "../runtime/input/yaml-place.js";
import type { Finding } from "./finding.js";

/** Reads a document of a file again, for the positions in it; undefined if it has none. */
export interface PositionSource {
  readonly file: string;
  readonly lines: LineCounter;
  /** The document, and the index in the file of the text that it was read from. */
  readDocument(): { readonly document: Document; readonly start: number };
}

/** The position of an object in a file; resolves the positions of its fields. */
export class Position {
  constructor(
    private readonly source: PositionSource,
    private readonly root: string,
  ) {}

  get file(): string {
    return this.source.file;
  }

  /** The position of an object nested at `path`. */
  below(path: string): Position {
    return new Position(this.source, path);
  }

  finding(severity: Finding["severity"], field: string, message: string): Finding {
    const path = [this.root, field].filter((part) => part !== "").join(".");
    const { document, start } = this.source.readDocument();
    const { line, col } = this.source.lines.linePos(start + placeOf(document.contents, path));
    return { file: this.file, line, column: col, severity, field, message };
  }
}
