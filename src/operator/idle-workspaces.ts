import type { SharedSetup } from "../kinds/setup.js";
import { IdleWorkspaces } from "../runs/idle-workspaces.js";
import type { AgentRun } from "../runs/run.js";
import type { Reader } from "../runtime/cache/reader.js";

/**
 * The leader's search for workspaces that nothing needs.
 *
 * @param runs the caches of every kind of runs
 */
export function addIdleWorkspaces(
  {
    manager,
    configuration,
    tenants,
    workspaces,
  }: Pick<SharedSetup, "manager" | "configuration" | "tenants" | "workspaces">,
  runs: readonly Reader<AgentRun>[],
): void {
  const { client, clock, logger } = manager;
  const idle = new IdleWorkspaces({
    ...{ client, clock, logger, runs, workspaces: workspaces.reader },
    covers: (namespace) => tenants.covers(namespace),
    keepSeconds: () => configuration.current().storage.keepIdleSeconds,
    onChange: (listener) => configuration.onChangeOf(({ storage }) => storage.keepIdleSeconds, listener),
  });
  manager.add(idle, "leader");
}
