/** A list of rows of one height, of which only those in view are in the document. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { ComponentChildren, JSX, RefObject } from "preact";
import { visibleRows, type Visible } from "./visible-rows.js";

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
