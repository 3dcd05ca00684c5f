/** How commands print runs. */
import { InvalidArgumentError, Option } from "commander";
import { stringify } from "yaml";
import type { AnyRun, Found } from "../../operations/any-run.js";
import type { Column, RunTable } from "../../operations/table.js";
import { printable } from "../../printable.js";
import type { Stored } from "../../runtime/client/objects.js";
import { suggestion } from "../../suggestion.js";
import { JsonPathError } from "../json-path/path.js";
import { parseTemplate, renderTemplate, type Template } from "../json-path/template.js";
import { ageSince } from "../age.js";
import { aligned, type Alignment } from "../aligned.js";
import type { NamedRun } from "../runs/runs.js";
import { colored, phaseColor, type Terminal } from "../terminal.js";

/** What `-o` selects; a template comes from `jsonpath=`. */
export type Format = "table" | "wide" | ObjectFormat;

/** Formats of whole objects. */
export type ObjectFormat = "json" | "yaml" | "name" | { readonly template: Template };

const formats = ["table", "wide", "json", "yaml", "name"] as const;

export const outputOption = (): Option =>
  new Option("-o, --output <format>", `output format: ${formats.join(", ")} or jsonpath=<template>`)
    .argParser(readFormat)
    .default("table");

export const watchDescription =
  "changes too, until Ctrl-C: redraws a table on a terminal, else prints a line for each change; other formats print an object for each";

function readFormat(text: string): Format {
  const known = formats.find((each) => each === text);
  if (known !== undefined) return known;
  const [, template] = /^jsonpath=([^]*)$/.exec(text) ?? [];
  if (template === undefined) {
    const close = suggestion(text, [...formats, "jsonpath="]);
    throw new InvalidArgumentError(
      `It must be ${formats.join(", ")} or jsonpath=<template>.${close === undefined ? "" : ` Did you mean ${close}?`}`,
    );
  }
  try {
    return { template: parseTemplate(template) };
  } catch (error) {
    if (error instanceof JsonPathError) throw new InvalidArgumentError(`The template ${error.message}.`);
    throw error;
  }
}

/** Whether a format is a table, and not of whole objects. */
export const isTable = (format: Format): format is "table" | "wide" => format === "table" || format === "wide";

/** How a table is shown. */
export interface TableStyle {
  /** Also columns with a priority. */
  readonly wide: boolean;
  /** With a column for the namespace. */
  readonly namespaces: boolean;
  /** Milliseconds; ages are relative to it. */
  readonly now: number;
  /** The head is that of all kinds, also of those without rows, and every name says its kind if they are several. Default false. */
  readonly everyKind?: boolean;
}

/**
 * Tables of several kinds as one, the head first: a column for each name, in the order of their first appearance. Without
 * rows: undefined.
 */
export function tableLines(
  tables: readonly RunTable[],
  { wide, namespaces, now, everyKind = false }: TableStyle,
): string[][] | undefined {
  const full = everyKind ? tables : tables.filter(({ rows }) => rows.length > 0);
  if (!full.some(({ rows }) => rows.length > 0)) return undefined;
  const isShown = ({ priority }: Column): boolean => wide || priority === 0;
  const names = [...new Set(full.flatMap(({ columns }) => columns.filter(isShown).map(({ name }) => name)))];
  const kinds = full.length > 1;
  const head = [...(namespaces ? ["NAMESPACE"] : []), ...names.map((name) => name.toUpperCase())];
  const lines = full.flatMap(({ type, columns, rows }) => {
    const places = names.map((name) => columns.findIndex((column) => column.name === name));
    return rows.map(({ metadata, cells }) => {
      const texts = places.map((place, index) => {
        if (names[index] === "Age") return ageSince(metadata.creationTimestamp, now);
        // until the operator has written another one
        const text = names[index] === "Phase" ? cellText(cells[place] ?? "Pending") : cellText(cells[place]);
        return index === 0 && kinds ? `${type.kind.toLowerCase()}/${text}` : text;
      });
      return [...(namespaces ? [metadata.namespace ?? ""] : []), ...texts];
    });
  });
  return [head, ...lines];
}

/** Tables of several kinds as the text of one; on a terminal colored, and not wider. Without rows: undefined. */
export function tableText(tables: readonly RunTable[], style: TableStyle, terminal?: Terminal): string | undefined {
  const lines = tableLines(tables, style);
  return lines && aligned(lines, { ...onTerminal(terminal), ...(!style.wide && { leaveOut }) });
}

/** Heads of columns that a narrow terminal does without, the first one first; `-o wide` shows all. */
export const leaveOut = ["AGENT", "BRANCH", "TASK", "DIRECTORY", "SERVICE", "REASON", "RUN", "AGE"];

/** The alignment that suits a terminal; without one nothing is shortened, since a program may read it. */
export function onTerminal(terminal: Terminal | undefined): Alignment {
  if (terminal === undefined) return {};
  const paint = (padded: string, text: string): string => colored(padded, phaseColor(text), terminal.colors);
  return { width: terminal.columns, paint };
}

/** A cell without what a terminal would obey: text in a status may come from an agent. */
function cellText(cell: unknown): string {
  if (cell === undefined || cell === null || cell === "") return "<none>";
  const text = typeof cell === "string" ? cell : JSON.stringify(cell);
  return printable(text);
}

/** A line for each name, as kubectl prints it. */
export const nameText = (names: readonly NamedRun[]): string =>
  names.map(({ type, name }) => `${type.kind.toLowerCase()}.${type.group}/${name}\n`).join("");

/** Runs as objects. Several are a List, as with kubectl; as there, JSON and YAML leave out who wrote which field. */
export function objectText(found: readonly Found[], format: ObjectFormat, single: boolean): string {
  if (format === "name") return nameText(found.map(({ type, run }) => ({ type, name: run.metadata.name })));
  const isTemplate = typeof format === "object";
  const objects = found.map(({ run }) => (isTemplate ? run : withoutManagers(run)));
  const value = single ? objects[0] : { apiVersion: "v1", kind: "List", items: objects };
  if (isTemplate) return renderTemplate(format.template, value);
  return format === "json" ? `${JSON.stringify(value, null, 2)}\n` : stringify(value);
}

function withoutManagers(run: Stored<AnyRun>): object {
  const { managedFields: _, ...metadata } = run.metadata;
  return { ...run, metadata };
}
