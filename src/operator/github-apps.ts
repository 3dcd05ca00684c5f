/** The operator's GitHub App at each API that the configuration names. */
import { rootCertificates } from "node:tls";
import { gitServer, type GitServer } from "../configuration/git-hosts.js";
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
  /** `ca.crt` of a ConfigMap in the operator's namespace; undefined if there is none. */
  readonly authorities: (configMap: string) => Promise<string | undefined>;
  readonly configuration: ConfigurationSource;
  /** Directory with `app-id` and `private-key` of the App. */
  readonly directory: string;
}

/** What the App has to be allowed, for each repository. */
const permissions = { metadata: "read", contents: "read", pull_requests: "read" } as const;

interface Known {
  readonly api: GitHubApi;
  readonly app: GitHubApp;
  /** Beside the usual ones, in PEM. */
  readonly authorities: string | undefined;
}

export class GitHubApps {
  readonly #options: GitHubAppsOptions;
  readonly #apps = new Map<string, Known>();

  constructor(options: GitHubAppsOptions) {
    this.#options = options;
  }

  /** @throws NoAccess; AppRefused; GitHubUnavailable */
  async reader({ repository }: DeliverySpec): Promise<RepositoryReader> {
    if (repository === undefined) throw new NoAccess("The event names no repository.");
    const { owner, name } = repository;
    const { api, app } = await this.#serverOf(repository);
    const token = await app.token({ owner, repositories: [name], permissions });
    return new RepositoryReader(api, token, owner, name);
  }

  /** @throws NoAccess */
  async reportAccess({ host, owner, name }: NonNullable<DeliverySpec["repository"]>): Promise<ReportAccess> {
    const { api, app } = await this.#serverOf({ host, owner, name });
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
  async sources(): Promise<RecoverySource[]> {
    const configuration = this.#options.configuration.current();
    const servers = configuration.git.hosts.flatMap(({ host }) =>
      host.includes("*") ? [] : (gitServer(`https://${host}/owner/name`, configuration) ?? []),
    );
    const byUrl = new Map(servers.map((server) => [server.apiUrl, server]));
    return await Promise.all(
      [...byUrl.values()].map(async (server) => ({
        host: new URL(server.apiUrl).host,
        app: (await this.#at(server)).app,
      })),
    );
  }

  async #serverOf({ host, owner, name }: NonNullable<DeliverySpec["repository"]>): Promise<Known> {
    const server = gitServer(`https://${host}/${owner}/${name}`, this.#options.configuration.current());
    if (server === undefined) throw new NoAccess(`${host} is not in git.hosts of the configuration: add it there.`);
    return await this.#at(server);
  }

  /** @throws NoAccess */
  async #read(part: "id" | "privateKey"): Promise<string> {
    const { directory } = this.#options;
    const found = await readAppFile(directory, part);
    if (found !== undefined) return found;
    throw new NoAccess(`The operator has no key of a GitHub App: ${directory} needs app-id and private-key.`);
  }

  async #at({ apiUrl: url, caConfigMapName }: GitServer): Promise<Known> {
    const { clock } = this.#options;
    const authorities = caConfigMapName === undefined ? undefined : await this.#options.authorities(caConfigMapName);
    const known = this.#apps.get(url);
    if (known !== undefined && known.authorities === authorities) return known;
    const ca = authorities === undefined ? {} : { ca: [...rootCertificates, authorities] };
    const api = new GitHubApi({ url, clock, timeout: 15_000, ...ca });
    const read = async (): Promise<{ id: string; privateKey: string }> => {
      const [id, privateKey] = await Promise.all([this.#read("id"), this.#read("privateKey")]);
      return { id, privateKey };
    };
    const made = { api, app: new GitHubApp({ name: "of the operator", api, read, clock }), authorities };
    this.#apps.set(url, made);
    return made;
  }
}
