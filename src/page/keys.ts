/** The keys of the page. A view registers its own; none acts while the person types, or while a dialog is open. */

export type Keys = Readonly<Record<string, () => void>>;

const registered = new Set<Keys>();

/** Registers keys by their `KeyboardEvent.key`; the result removes them again. */
export function onKeys(keys: Keys): () => void {
  registered.add(keys);
  return () => registered.delete(keys);
}

/** Listens to the keyboard. */
export function followKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") !== null) return;
    const target = event.target instanceof HTMLElement ? event.target : undefined;
    if (target !== undefined && isTyping(target)) {
      if (event.key === "Escape") target.blur();
      return;
    }
    for (const keys of registered) {
      const action = Object.hasOwn(keys, event.key) ? keys[event.key] : undefined;
      if (action === undefined) continue;
      event.preventDefault();
      action();
    }
  });
}

function isTyping(element: HTMLElement): boolean {
  return /^(input|textarea|select)$/i.test(element.tagName) || element.isContentEditable;
}

/** The table of keys that the help shows. */
export const keyHelp: readonly (readonly [string, string])[] = [
  ["j, ↓", "next run"],
  ["k, ↑", "previous run"],
  ["g, G", "first and last run"],
  ["Enter", "open the run"],
  ["/", "go to the filter; Esc leaves it"],
  ["u", "back to the list"],
  ["y", "plays"],
  ["d", "Deliveries"],
  ["b", "Budgets"],
  ["a", "archive"],
  ["1, 2, 3, 4, 5", "parts of a run: story, logs, files, events, spec"],
  ["p", "pause and continue the log"],
  ["t", "theme: system, light, dark"],
  ["?", "this help"],
];
