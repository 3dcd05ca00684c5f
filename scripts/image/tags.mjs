// The tags that a build in GitHub Actions gets: `latest` and `main-<sha>` for main, `v1.2.3` for that tag, `pr-<number>` for a pull request.

/**
 * @param {{ ref: string, sha: string }} build the Git reference in full, and the commit
 * @returns {{ tags: string[], published: boolean }} pull requests are built, and not published
 */
export function imageTags({ ref, sha }) {
  if (!/^[0-9a-f]{40}$/.test(sha))
    throw new Error(`GITHUB_SHA must be a commit of 40 hexadecimal digits; it is "${sha}"`);
  if (ref === "refs/heads/main") return { tags: ["latest", `main-${sha.slice(0, 12)}`], published: true };
  const version = /^refs\/tags\/(v\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/.exec(ref)?.[1];
  if (version !== undefined) return { tags: [version], published: true };
  const request = /^refs\/pull\/([1-9]\d*)\//.exec(ref)?.[1];
  if (request !== undefined) return { tags: [`pr-${request}`], published: false };
  throw new Error(`${ref} gets no image: only main, tags such as v1.2.3 and pull requests do`);
}
