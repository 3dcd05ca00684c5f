/** Which rows of a long list are drawn. */

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
