import { gitHostProblem } from "../../configuration/git-hosts.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { noFindings, type Rule } from "../context.js";
import { repositoriesWithCredentials } from "../repositories.js";

/**
 * Credentials are only sent to the hosts in `git.hosts`: whoever writes a run names the repository's host, and could have the keys of an
 * identity sent to a host of their own.
 */
export const gitHosts: Rule = {
  id: "git-hosts",
  check({ view, oldView, configuration }) {
    const problems = repositoriesWithCredentials(view).flatMap(({ field, url }) => {
      const problem = gitHostProblem(url, configuration);
      return problem === undefined ? [] : [{ field, url, problem }];
    });
    if (problems.length === 0) return noFindings;
    const before = oldView === undefined ? [] : repositoriesWithCredentials(oldView);
    return {
      errors: problems
        .filter((each) => !before.some(({ field, url }) => field === each.field && url === each.url))
        .map(({ field, problem }) => forbidden(field, problem)),
    };
  },
};
