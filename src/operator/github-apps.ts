/** The operator's GitHub App at each API that the configuration names. */
import { gitServer } from "../configuration/git-hosts.js";
import type { ConfigurationSource } from "../configuration/source.js";
import type { RecoverySource } from "../deliveries/webhook-recovery.js";
import { NoAccess, type ReportAccess } from "../deliveries/report-access.js";
import type { DeliverySpec } from "../api/delivery.js";
import { readAppFile } from "../github/app-key.js";
import { GitHubApi } from "../github/github-api.js";
import { GitHubApp, type Permissions } from "../github/github-app.js";
import { ReportWriter } from "../github/report-writer.js";
import { RepositoryReader } from "../github/repository-reader.js";
import type { Clock } from "../runtime/clock.js";

export interface GitHubAppsOptions {
  readonly clock: Clock;
  readonly configuration: ConfigurationSource;
  /** Directory with `app-id` and `private-key` of the App. */
  readonly directory: string;
}

/** What the App has to be allowed, for each repository. */
const permissions = { metadata: "read", contents: "read", pull_requests: "read" } as const;

interface Known {
  readonly api: GitHubApi;
  readonly app: GitHubApp;
}

export class GitHubApps {
  readonly #options: GitHubAppsOptions;
  readonly #apps = new Map<string, Known>();

  constructor(options: GitHubAppsOptions) {
    this.#options = options;
  }

  /** @throws NoAccess; AppRefused; AppUnavailable */
  async reader({ repository }: DeliverySpec): Promise<RepositoryReader> {
    if (repository === undefined) throw new NoAccess("The event names no repository.");
    const { owner, name } = repository;
    const { api, app } = this.#serverOf(repository);
    const token = await app.token({ owner, repositories: [name], permissions });
    return new RepositoryReader(api, token, owner, name);
  }

  /** @throws NoAccess */
  async reportAccess({ host, owner, name }: NonNullable<DeliverySpec["repository"]>): Promise<ReportAccess> {
    const { api, app } = this.#serverOf({ host, owner, name });
    const appId = await this.#read("id");
    const token = (wanted: Permissions): Promise<string> =>
      app.token({ owner, repositories: [name], permissions: wanted });
    return {
      writer: new ReportWriter({ api, owner, repository: name, appId }),
      commentToken: () => token({ issues: "write", pull_requests: "write" }),
      checkToken: () => token({ checks: "write" }),
    };
  }

  /** One for each API; hosts that `git.hosts` names by a pattern have none of their own. */
  sources(): RecoverySource[] {
    const configuration = this.#options.configuration.current();
    const urls = configuration.git.hosts.flatMap(({ host }) =>
      host.includes("*") ? [] : (gitServer(`https://${host}/owner/name`, configuration)?.apiUrl ?? []),
    );
    return [...new Set(urls)].map((url) => ({ host: new URL(url).host, app: this.#at(url).app }));
  }

  #serverOf({ host, owner, name }: NonNullable<DeliverySpec["repository"]>): Known {
    const server = gitServer(`https://${host}/${owner}/${name}`, this.#options.configuration.current());
    if (server === undefined) throw new NoAccess(`${host} is not in git.hosts of the configuration: add it there.`);
    return this.#at(server.apiUrl);
  }

  /** @throws NoAccess */
  async #read(part: "id" | "privateKey"): Promise<string> {
    const { directory } = this.#options;
    const found = await readAppFile(directory, part);
    if (found !== undefined) return found;
    throw new NoAccess(`The operator has no key of a GitHub App: ${directory} needs app-id and private-key.`);
  }

  #at(url: string): Known {
    const known = this.#apps.get(url);
    if (known !== undefined) return known;
    const { clock } = this.#options;
    const api = new GitHubApi({ url, timeout: 15_000 });
    const read = async (): Promise<{ id: string; privateKey: string }> => {
      const [id, privateKey] = await Promise.all([this.#read("id"), this.#read("privateKey")]);
      return { id, privateKey };
    };
    const made = { api, app: new GitHubApp({ name: "of the operator", api, read, clock }) };
    this.#apps.set(url, made);
    return made;
  }
}
