/** The lines of a log, of which only those in view are in the document. */
import type { JSX, RefObject } from "preact";
import type { LogLine } from "./log-buffer.js";
import { plainLine } from "./plain-text.js";
import { VirtualRows } from "./virtual-rows.js";

/** Pixels; page.css has the same. */
export const lineHeight = 20;

interface Properties {
  readonly lines: readonly LogLine[];
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly onScroll?: (scroller: HTMLDivElement) => void;
}

export function LogRows({ lines, ...scrolling }: Properties): JSX.Element {
  return (
    <VirtualRows
      count={lines.length}
      rowHeight={lineHeight}
      label="Output of the agent"
      class="log"
      role="log"
      {...scrolling}
      row={(index, style) => {
        const line = lines[index];
        if (line === undefined) return undefined;
        return (
          <div key={index} class={line.attempt === undefined ? "line" : "line attempt"} style={style}>
            {plainLine(line.text)}
          </div>
        );
      }}
    />
  );
}
