import { httpOrigin } from "../../api/git.js";
import { forbidden } from "../../runtime/schema/errors.js";
import { jsonEqual } from "../../runtime/schema/json.js";
import { noFindings, type Rule } from "../context.js";
import { repositoriesWithCredentials } from "../repositories.js";

/**
 * Tokens and passwords are only sent over https, and only to the host that the URL names: anyone between could read them otherwise.
 * CodeRuns and DocsRuns always have credentials, a TaskRun those of `githubUser`, `auth` or `githubApp`.
 */
export const credentialsOverHttps: Rule = {
  id: "credentials-over-https",
  check({ view, oldView }) {
    const insecure = repositoriesWithCredentials(view).filter(
      ({ url, sshKey }) => sshKey !== true && /^https?:/i.test(url) && !isSecure(url),
    );
    if (insecure.length === 0) return noFindings;
    const before = oldView === undefined ? [] : repositoriesWithCredentials(oldView);
    return {
      errors: insecure
        .filter((each) => !before.some((old) => jsonEqual(old, each)))
        .map(({ field }) =>
          forbidden(field, "credentials are only sent to https://<host>/...; use such a URL, or one for SSH"),
        ),
    };
  },
};

function isSecure(url: string): boolean {
  return httpOrigin(url)?.scheme === "https";
}
