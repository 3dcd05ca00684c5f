/** Values that the old system took, and that have one obvious meaning here. Pure functions of a value. */

/** A repaired value, and why. */
export interface Repaired {
  readonly value: string;
  readonly why: string;
  /** The value is not merely written differently: objects, directories or hosts are others. */
  readonly warn?: true;
}

/** What a repair may know of the spec. */
export interface RepairContext {
  /** Names that the repository's directory in the workspace can have had: of the service, and of the repositories. */
  readonly directories: readonly string[];
}

export type Repair = (value: string, context: RepairContext) => Repaired | undefined;

/** A directory of the repository; the old agents had the repository at /workspace. */
export const directory: Repair = (value, { directories }) => {
  const path = value.trim().replace(/(?<=.)\/+$/, "");
  const why = "directories are relative to the root of the repository";
  if (["/", "/workspace", "/workspace/.", "./"].includes(path)) return { value: ".", why };
  const root = directories
    .map((name) => `/workspace/${name}`)
    .find((each) => path === each || path.startsWith(`${each}/`));
  if (root !== undefined) return { value: path.slice(root.length + 1) || ".", why };
  return path !== value && path !== "" ? { value: path, why: "the rest has no meaning" } : undefined;
};

/** A URL that git understands, or `owner/name`. */
export const repositoryUrl: Repair = (given) => {
  const value = given.trim();
  const git = /^git:\/\/(.+)$/i.exec(value)?.[1]?.replace(":9418/", "/");
  if (git !== undefined)
    return {
      value: `https://${git}`,
      why: "git:// has no encryption and no credentials, and hosts have turned it off",
      warn: true,
    };
  const wrapped = /^git\+((?:https?|ssh):\/\/.+)$/i.exec(value)?.[1];
  if (wrapped !== undefined) return { value: wrapped, why: "git itself does not know the prefix git+" };
  const scheme = /^(HTTPS?|SSH):\/\/(.+)$/i.exec(value);
  if (scheme?.[1] !== undefined && scheme[1] !== scheme[1].toLowerCase())
    return { value: `${scheme[1].toLowerCase()}://${scheme[2] ?? ""}`, why: "schemes are in lower case" };
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(:\d+)?\/[!-~]+\/[!-~]+$/.test(value))
    return { value: `https://${value}`, why: "a URL needs a scheme" };
  if (/^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+:[^\d/][!-~]*$/.test(value))
    return { value: `git@${value}`, why: "SSH needs a user" };
  return value === given ? undefined : { value, why: "blanks around it have no meaning" };
};

/** A URL, where `owner/name` is not one. */
export const fullRepositoryUrl: Repair = (value, context) => {
  const repaired = repositoryUrl(value, context);
  const url = repaired?.value ?? value;
  return /^[A-Za-z0-9][-A-Za-z0-9]*\/[-A-Za-z0-9_.]+$/.test(url)
    ? { value: `https://github.com/${url}`, why: "a TaskRun needs the whole URL" }
    : repaired;
};

/** The name of a branch. Git itself allows no blanks inside of it, so those are for the author to correct. */
export const branch: Repair = (value) => {
  const name = value.trim().replace(/^refs\/heads\//, "");
  return name === value || name === "" ? undefined : { value: name, why: "it is the branch's name alone" };
};

/** The name of a GitHub user or App, which Secrets are named after. */
export const githubName: Repair = (value) => {
  const name = value
    .trim()
    .replace(/^@/, "")
    .replace(/\[bot\]$/i, "");
  if (name === value || name === "") return undefined;
  return { value: name, why: "the name of its Secret has no @ and no [bot]" };
};

/** A DNS label, which names of Jobs, volumes and directories contain. */
export const service: Repair = (value) => {
  if (/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(value)) return undefined;
  const label = value
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  if (label === value || label === "" || label.length > 63) return undefined;
  return { value: label, why: "names of Jobs and volumes contain it; the workspace has another name, too", warn: true };
};

/** A name that becomes a label. */
export const agentName: Repair = (value) => {
  const name = value
    .trim()
    .replace(/\[bot\]$/i, "")
    .replaceAll(/[^-A-Za-z0-9_.]+/g, "-")
    .replaceAll(/^[-_.]+|[-_.]+$/g, "");
  if (name === value || name === "" || name.length > 63) return undefined;
  return { value: name, why: "it becomes a label" };
};

/** The name of an agent program. */
export const program: Repair = (value) => {
  const name = value.trim().toLowerCase();
  return name === value ? undefined : { value: name, why: "names of agent programs are in lower case" };
};
