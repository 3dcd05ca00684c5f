import type { Templates } from "../templates/templates.js";

/** What kinds ask of templates. A set may be replaced while the program runs: it is asked for anew for each run. */
export interface RunTemplates {
  current(): Pick<Templates, "code" | "docs">;
}
