/** The kind TaskRun for tests that do not look at what the start script says: its templates are a stub. */
import { taskRunKind as taskRunKindWith } from "#src/kinds/taskrun/taskrun.js";
import type { Templates } from "#src/templates/templates.js";

const stub: Pick<Templates, "task"> = {
  task: () => ({ "container.sh": "# phases: prepare agent deliver\n", "settings.json": "{}\n", "mcp.json": "{}\n" }),
};

export const taskRunKind = taskRunKindWith({ current: () => stub });
