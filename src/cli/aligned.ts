/** Tables of text: the one alignment of all commands. */

export interface Alignment {
  /** Spaces between columns. Default 3, as kubectl's. */
  readonly gap?: number;
  /** Columns of the terminal: the widest cells are shortened until each line fits. Default: no limit. */
  readonly width?: number | undefined;
  /** Heads of columns that are left out, one after the other, until each line fits into `width`. Default: none. */
  readonly leaveOut?: readonly string[];
  /** Cut what still exceeds `width`, for terminals that do not wrap. Default false. */
  readonly cut?: boolean;
  /** Widths that columns have at least. */
  readonly widths?: readonly number[];
  /** Colors a cell after it was padded. */
  readonly paint?: (padded: string, text: string) => string;
}

/** A column is not shortened below this width, nor below that of its head. */
const narrowest = 20;

/** Lines of aligned cells, each with a line break. The last cell of a line is not padded. */
export function aligned(lines: readonly (readonly string[])[], alignment: Alignment = {}): string {
  const { gap = 3, paint = (padded: string): string => padded } = alignment;
  const { shown, widths } = fitting(lines, gap, alignment);
  const between = " ".repeat(gap);
  return shown
    .map((line) => {
      const last = line.findLastIndex((text) => text !== "");
      const cells = line.slice(0, last + 1).map((text, index) => {
        const padded = cell(text, widths[index] ?? 0);
        return paint(index === last ? padded.trimEnd() : padded, text);
      });
      return `${cells.join(between)}\n`;
    })
    .join("");
}

interface Fitting {
  readonly shown: readonly (readonly string[])[];
  readonly widths: number[];
}

/** The columns that are shown, and their widths. */
function fitting(
  lines: readonly (readonly string[])[],
  gap: number,
  { width, widths: least, leaveOut = [], cut = false }: Alignment,
): Fitting {
  let shown = lines;
  let widths = columnWidths(shown, least);
  if (width === undefined) return { shown, widths };
  const available = (): number => width - gap * Math.max(0, widths.length - 1);
  const total = (): number => widths.reduce((sum, each) => sum + each, 0);
  shortenTo(available(), widths, shown[0] ?? []);
  for (const head of leaveOut) {
    if (total() <= available()) break;
    const place = shown[0]?.indexOf(head) ?? -1;
    if (place < 0) continue;
    shown = shown.map((line) => line.toSpliced(place, 1));
    widths = columnWidths(shown);
    shortenTo(available(), widths, shown[0] ?? []);
  }
  if (cut && total() > available()) {
    let left = width;
    widths = widths.map((each) => {
      const rest = Math.max(0, Math.min(each, left));
      left -= each + gap;
      return rest;
    });
    shown = shown.map((line) => line.slice(0, widths.filter((each) => each > 0).length));
  }
  return { shown, widths };
}

/** The width of the widest cell of each column. */
export function columnWidths(lines: readonly (readonly string[])[], least: readonly number[] = []): number[] {
  const widths = [...least];
  for (const line of lines)
    for (const [index, text] of line.entries()) widths[index] = Math.max(widths[index] ?? 0, text.length);
  return widths;
}

function cell(text: string, width: number): string {
  return text.length <= width ? text.padEnd(width) : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Lowers the greatest width that a column may have until all of them fit. */
function shortenTo(available: number, widths: number[], head: readonly string[]): void {
  const least = widths.map((width, index) => Math.min(width, Math.max(narrowest, head[index]?.length ?? 0)));
  const under = (limit: number): number[] =>
    widths.map((width, index) => Math.min(width, Math.max(limit, least[index] ?? 0)));
  let limit = Math.max(...widths);
  while (limit > narrowest && under(limit).reduce((sum, width) => sum + width, 0) > available) limit--;
  for (const [index, width] of under(limit).entries()) widths[index] = width;
}
