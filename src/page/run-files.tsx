/** The files of a run. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { RunFileList } from "../server/generated/rest.js";
import { useLoaded } from "./loaded.js";
import type { RunReference } from "./location.js";
import { Notice } from "./parts.js";
import { plainLine, plainText } from "./plain-text.js";
import { runPath } from "./run-path.js";
import { hasEnded, type Run } from "./run-types.js";

export function RunFiles({ run, reference }: { readonly run: Run; readonly reference: RunReference }): JSX.Element {
  const chosen = useSignal(0);
  const { attempts = 0 } = run.status ?? {};
  const { value, error } = useLoaded<RunFileList>(
    runPath(reference, "files"),
    `${attempts} ${String(run.spec.contextVersion)}`,
  ).value;
  if (value === undefined)
    return error === undefined ? (
      <Notice title="Loading the files" />
    ) : (
      <Notice kind="error" title="The files cannot be loaded">
        {plainLine(error)}
      </Notice>
    );
  const file = value.items[chosen.value] ?? value.items[0];
  if (file === undefined)
    return (
      <Notice title="No files">
        {hasEnded(run) ? "They went with the attempt." : "They are made when the first attempt starts."}
      </Notice>
    );
  return (
    <div class="files">
      <ul aria-label="Files">
        {value.items.map((each, index) => (
          <li key={each.filename}>
            <button type="button" class="plain" aria-pressed={each === file} onClick={() => (chosen.value = index)}>
              <span>{plainLine(each.filename)}</span>
              <span class="quiet">{sizeText(each.size)}</span>
            </button>
          </li>
        ))}
      </ul>
      <pre class="text-block" tabIndex={0} role="region" aria-label={plainLine(file.filename)}>
        {plainText(file.content)}
      </pre>
    </div>
  );
}

function sizeText(bytes: number): string {
  return bytes < 1024 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`;
}
