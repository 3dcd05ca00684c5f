/** Tells issues and pull requests what agents do about them. It has its own queue: an outage of GitHub delays no decision. */
import type { CodeRun } from "../api/coderun.js";
import type { Delivery, DeliverySpec } from "../api/delivery.js";
import type { Configuration } from "../configuration/configuration.js";
import { AppRefused } from "../github/github-app.js";
import { WriteRefused } from "../github/report-writer.js";
import type { Reader } from "../runtime/cache/reader.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ReconcileContext, Reconciler, Request, Result } from "../runtime/controller/reconciler.js";
import { laterOrThrow } from "./later.js";
import { repositoryKeyOf, repositoryTaskIndex, subjectIndex, subjectKey } from "./indexes.js";
import { NoAccess, type ReportAccess } from "./report-access.js";
import { reportMarker, reportOf, type Report } from "./report.js";

export interface ReportReconcilerOptions {
  readonly deliveries: Reader<Delivery>;
  readonly runs: Reader<CodeRun>;
  readonly configuration: () => Pick<Configuration, "github">;
  /** @throws NoAccess */
  readonly access: (repository: NonNullable<DeliverySpec["repository"]>) => Promise<ReportAccess>;
}

/** Milliseconds after which a request that GitHub denied is repeated. */
const askAgain = 3_600_000;

/** Issues and pull requests whose last report is remembered. */
const maxRemembered = 2_000;

interface Written {
  comment: string;
  commentId?: number;
  /** What was last written of each Check Run, by its id. */
  readonly checks: Map<string, string>;
}

/** The key of the queue: a subject has slashes. */
export const reportKey = (subject: string): string => encodeURIComponent(subject);

/** The keys of the issues and pull requests that a Delivery reports to. */
export function reportKeysOf({ spec }: Pick<Delivery, "spec">): string[] {
  const subject = spec.subject && subjectKey(spec);
  return subject === undefined ? [] : [reportKey(subject)];
}

export class ReportReconciler implements Reconciler {
  readonly #options: ReportReconcilerOptions;
  readonly #written = new Map<string, Written>();

  constructor(options: ReportReconcilerOptions) {
    this.#options = options;
  }

  async reconcile({ name }: Request, { logger }: ReconcileContext): Promise<Result> {
    const { webhook, report: wanted } = this.#options.configuration().github;
    if (!webhook.enabled || !wanted.enabled) return {};
    const subject = decodeURIComponent(name);
    const deliveries = this.#options.deliveries.byIndex(subjectIndex, subject);
    const spec = deliveries[0]?.spec;
    if (spec?.repository === undefined || spec.subject === undefined) {
      this.#written.delete(subject);
      return {};
    }
    const report = reportOf(deliveries, this.#runsOf(deliveries));
    if (report === undefined) return {};
    try {
      const access = await this.#options.access(spec.repository);
      await this.#write(access, subject, spec.subject.number, report, wanted.checkRuns);
    } catch (error) {
      if (!(error instanceof AppRefused || error instanceof NoAccess || error instanceof WriteRefused))
        return laterOrThrow(error);
      logger.warn({ subject, problem: error.message }, "GitHub takes no report about an issue or pull request");
      return { requeueAfter: askAgain };
    }
    return {};
  }

  #runsOf(deliveries: readonly Stored<Delivery>[]): Stored<CodeRun>[] {
    const { runs } = this.#options;
    const tasks = new Set(
      deliveries.flatMap(({ spec, status }) =>
        status?.task === undefined ? [] : [`${repositoryKeyOf(spec)}#${status.task}`],
      ),
    );
    return [...tasks].flatMap((task) => runs.byIndex(repositoryTaskIndex, task));
  }

  async #write(
    access: ReportAccess,
    subject: string,
    number: number,
    { comment, checks }: Report,
    hasChecks: boolean,
  ): Promise<void> {
    const written = this.#remembered(subject);
    if (written.comment !== comment) {
      const token = await access.commentToken();
      written.commentId = await access.writer.comment(token, number, reportMarker, comment, written.commentId);
      written.comment = comment;
    }
    if (!hasChecks) return;
    for (const check of checks) {
      const content = JSON.stringify(check);
      if (written.checks.get(check.id) === content) continue;
      await access.writer.check(await access.checkToken(), check);
      written.checks.set(check.id, content);
    }
  }

  #remembered(subject: string): Written {
    const known = this.#written.get(subject) ?? { comment: "", checks: new Map<string, string>() };
    this.#written.delete(subject);
    this.#written.set(subject, known);
    const [oldest] = this.#written.keys();
    if (this.#written.size > maxRemembered && oldest !== undefined) this.#written.delete(oldest);
    return known;
  }
}
