/** Text that looks like a key, wherever it stands: in logs, messages, URLs. */

/** Each finds what gives access. What may repeat inside of a pattern either ends it or is bounded, so that long texts take linear time. */
const patterns: readonly RegExp[] = [
  // keys and certificates' keys in PEM, also on one line with \n
  /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[^-]{0,20000}(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g,
  // JSON Web Tokens, those of ServiceAccounts among them
  /\beyJ[\w-]{4,}\.[\w-]{4,}\.[\w-]*/g,
  // GitHub, GitLab, Slack, npm, model providers, Google, AWS
  /\b(?:gh[opusr]_|github_pat_|glpat-|xox[abeoprs]-|npm_|sk-|pk-|AIza|AKIA|ASIA|ya29\.|hf_|xai-|gsk_|whsec_)[\w.-]{12,}/g,
  // Authorization headers
  /\b(?:Bearer|Basic|token) [\w.~+/=-]{12,}/gi,
  // user and password in a URL, or a token alone
  /(?<=:\/\/)[^\s/@]{1,700}(?=@)/g,
  // NAME_TOKEN=value, "apiKey": "value", password: value
  /(?<=(?:token|secret|password|passwd|api_?key|private_?key|access_?key|credential)s?["']?\s{0,3}[=:]\s{0,3}["']?)(?!\s|[[{("'])[^\s"',}\]]{6,}/gi,
];

/** What stands in the place of a key. */
export const removed = "<removed>";

/** The text without what looks like a key. */
export function withoutKeys(text: string): string {
  return patterns.reduce((rest, pattern) => rest.replace(pattern, removed), text);
}
