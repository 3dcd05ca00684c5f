/** How commands print runs. */
import { Option } from "commander";
import { stringify } from "yaml";
import { nameOf, type Found } from "../../operations/any-run.js";
import type { Column, RunTable } from "../../operations/table.js";
import { printable } from "../../printable.js";
import { ageSince } from "../age.js";
import { aligned } from "../aligned.js";

export const formats = ["table", "wide", "json", "yaml", "name"] as const;

export type Format = (typeof formats)[number];

export const outputOption = (): Option =>
  new Option("-o, --output <format>", "output format").choices(formats).default("table");

/** Tables of several kinds as one: a column for each name, in the order of their first appearance. Without rows: undefined. */
export function tableText(tables: readonly RunTable[], { wide, namespaces, now }: TableStyle): string | undefined {
  const full = tables.filter(({ rows }) => rows.length > 0);
  if (full.length === 0) return undefined;
  const isShown = ({ priority }: Column): boolean => wide || priority === 0;
  const names = [...new Set(full.flatMap(({ columns }) => columns.filter(isShown).map(({ name }) => name)))];
  const kinds = full.length > 1;
  const head = [...(namespaces ? ["NAMESPACE"] : []), ...names.map((name) => name.toUpperCase())];
  const lines = full.flatMap(({ type, columns, rows }) => {
    const places = names.map((name) => columns.findIndex((column) => column.name === name));
    return rows.map(({ metadata, cells }) => {
      const texts = places.map((place, index) => {
        if (names[index] === "Age") return ageSince(metadata.creationTimestamp, now);
        const text = cellText(cells[place]);
        return index === 0 && kinds ? `${type.kind.toLowerCase()}/${text}` : text;
      });
      return [...(namespaces ? [metadata.namespace ?? ""] : []), ...texts];
    });
  });
  return aligned([head, ...lines]);
}

export interface TableStyle {
  /** Also columns with a priority. */
  readonly wide: boolean;
  /** With a column for the namespace. */
  readonly namespaces: boolean;
  /** Milliseconds; ages are relative to it. */
  readonly now: number;
}

/** A cell without what a terminal would obey: text in a status may come from an agent. */
function cellText(cell: unknown): string {
  if (cell === undefined || cell === null || cell === "") return "<none>";
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  return printable(text);
}

/** Runs as objects. Several are a List, as with kubectl. */
export function objectText(found: readonly Found[], format: "json" | "yaml" | "name", single: boolean): string {
  if (format === "name") return found.map((each) => `${nameOf(each)}\n`).join("");
  const objects = found.map(({ run }) => run);
  const value = single ? objects[0] : { apiVersion: "v1", kind: "List", items: objects };
  return format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value);
}
