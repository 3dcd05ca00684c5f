/** The keys of the page. */
import type { JSX } from "preact";
import { Dialog } from "./dialog.js";
import { keyHelp } from "./keys.js";

export function HelpDialog({ close }: { readonly close: () => void }): JSX.Element {
  return (
    <Dialog title="Keys" close={close}>
      <dl class="keys">
        {keyHelp.map(([keys, meaning]) => (
          <div key={keys}>
            <dt>
              {keys.split(", ").map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-buttons">
        <button type="button" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
