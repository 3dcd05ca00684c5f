/** A list of rows of one height, of which only those in view are in the document. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren, JSX, RefObject } from "preact";

/** Rows above and below the view that are drawn too, so that scrolling shows no gap. */
const margin = 12;

export interface Visible {
  readonly first: number;
  /** After the last. */
  readonly end: number;
}

/** The rows to draw. @param height pixels of a row; @param view pixels of the view */
export function visibleRows(count: number, height: number, top: number, view: number): Visible {
  const first = Math.max(0, Math.min(Math.floor(top / height) - margin, count - 1));
  return { first, end: Math.min(count, Math.ceil((top + view) / height) + margin) };
}

interface Properties {
  readonly count: number;
  /** Pixels. */
  readonly rowHeight: number;
  readonly label: string;
  readonly class: string;
  readonly role?: "rowgroup" | "log";
  /** Above the rows; stays in view. */
  readonly head?: ComponentChildren;
  readonly scroller: RefObject<HTMLDivElement | null>;
  readonly onScroll?: (scroller: HTMLDivElement) => void;
  readonly row: (index: number, style: { readonly top: string }) => ComponentChildren;
}

export function VirtualRows(properties: Properties): JSX.Element {
  const { count, rowHeight, label, role, scroller, row } = properties;
  const [, redraw] = useState(0);
  const drawn = useRef<Visible>({ first: 0, end: 0 });
  const element = scroller.current;
  const visible = visibleRows(count, rowHeight, element?.scrollTop ?? 0, element?.clientHeight ?? window.innerHeight);
  drawn.current = visible;
  const check = (): void => {
    const { current } = scroller;
    if (current === null) return;
    properties.onScroll?.(current);
    const { first, end } = visibleRows(count, rowHeight, current.scrollTop, current.clientHeight);
    if (first !== drawn.current.first || end !== drawn.current.end) redraw((number) => number + 1);
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => redraw((number) => number + 1));
    if (scroller.current !== null) observer.observe(scroller.current);
    return () => observer.disconnect();
  }, [scroller]);
  const indexes = Array.from({ length: Math.max(0, visible.end - visible.first) }, (_, index) => visible.first + index);
  return (
    <div
      ref={scroller}
      class={`scroller ${properties.class}`}
      {...(role !== undefined && { role })}
      aria-label={label}
      tabIndex={0}
      onScroll={check}
    >
      {properties.head}
      <div class="rows" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        {indexes.map((index) => row(index, { top: `${index * rowHeight}px` }))}
      </div>
    </div>
  );
}
