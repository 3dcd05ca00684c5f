/** The custom resource itself, as YAML or JSON. */
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { plainText } from "./plain-text.js";
import type { Run } from "./run-types.js";
import { yamlText } from "./yaml-text.js";

/** Kept while the page is open. */
const format = signal<"YAML" | "JSON">("YAML");

export function RunSpec({ run }: { readonly run: Run }): JSX.Element {
  const text = format.value === "YAML" ? yamlText(run) : JSON.stringify(run, null, 2);
  return (
    <div class="spec">
      <div class="toolbar">
        <div class="chips" role="group" aria-label="Format">
          {(["YAML", "JSON"] as const).map((each) => (
            <button
              key={each}
              type="button"
              class="chip"
              aria-pressed={format.value === each}
              onClick={() => (format.value = each)}
            >
              {each}
            </button>
          ))}
        </div>
        <button type="button" class="plain" onClick={() => void navigator.clipboard.writeText(text)}>
          Copy
        </button>
      </div>
      <pre class="text-block" tabIndex={0} role="region" aria-label="The custom resource">
        {plainText(text)}
      </pre>
    </div>
  );
}
