/** The repositories of a run for which its pod gets credentials. */
import { isObject, member } from "../runtime/schema/json.js";
import { textIn, type RunView } from "./view.js";

export interface NamedRepository {
  readonly field: string;
  readonly url: string;
  /** The Secret holds an SSH key, which is never sent to a server. */
  readonly sshKey?: boolean;
}

/** CodeRuns and DocsRuns always have credentials, a TaskRun those of `githubUser`, `auth` or `githubApp`. */
export function repositoriesWithCredentials(view: RunView): readonly NamedRepository[] {
  const repository = member(view.spec, "repository");
  if (view.repository === undefined || !isObject(repository)) return view.repositories;
  const type = textIn(member(repository, "auth"), "type");
  if (type === undefined && (textIn(repository, "githubUser") ?? view.githubApp) === undefined) return [];
  return [{ field: "spec.repository.url", url: view.repository.url, ...(type === "SshKey" && { sshKey: true }) }];
}
