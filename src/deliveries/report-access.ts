/** What writes to a repository of GitHub as the operator's App. */
import type { ReportWriter } from "../github/report-writer.js";

/** The program has no key to ask GitHub with, or GitHub's host is not listed. The message is a sentence with the remedy. */
export class NoAccess extends Error {
  override readonly name = "NoAccess";
}

export interface ReportAccess {
  readonly writer: ReportWriter;
  /** @throws AppRefused, GitHubUnavailable */
  commentToken(): Promise<string>;
  /** @throws AppRefused, GitHubUnavailable */
  checkToken(): Promise<string>;
}
