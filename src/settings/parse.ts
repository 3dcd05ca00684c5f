import { parseDocument } from "yaml";
import { defaultSettings } from "./defaults.js";
import { readEnvironment, type Environment } from "./environment.js";
import {
  boolean,
  integer,
  list,
  mapOf,
  oneOf,
  Place,
  quantity,
  section,
  text,
  type Problem,
  type Reader,
} from "./reading.js";
import {
  mostRetries,
  otlpProtocols,
  priorities,
  pullPolicies,
  type Priority,
  type PullPolicy,
  type Resources,
  type Settings,
} from "./settings.js";

export interface Parsed {
  /** Absent when there is an error among the problems. */
  readonly settings?: Settings;
  /** All that was found, in the order of the file. */
  readonly problems: readonly Problem[];
}

/** `int32`, as the Kubernetes fields are that these values go to. */
const largest = 2 ** 31 - 1;
const seconds = integer(1, largest);

const atLeastOne = integer(1, largest);

const objectName = text({
  pattern: /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/,
  meaning: "the name of a Kubernetes object (lower-case letters, digits, - and .)",
});
const secretKey = text({
  pattern: /^[-._a-zA-Z0-9]{1,253}$/,
  meaning: "a key of a Secret (letters, digits, -, _ and .)",
});
const imageText = text({ pattern: /^[^\s]+$/, meaning: "an image reference without blanks" });

interface Image {
  readonly reference?: string;
  readonly pullPolicy?: PullPolicy;
}

const imageParts = section({ repository: imageText, tag: imageText, pullPolicy: oneOf(pullPolicies) });

/** The seeds write one string, the original `{repository, tag, pullPolicy}`: both are accepted. */
const image: Reader<Image> = (value, place) => {
  if (typeof value !== "object" || value === null) {
    const reference = imageText(value, place);
    return reference === undefined ? undefined : { reference };
  }
  const parts = imageParts(value, place);
  if (parts === undefined) return undefined;
  const { repository, tag, pullPolicy } = parts;
  if (repository === undefined && tag !== undefined) return place.error("has a tag but no repository: write both");
  const separator = tag?.startsWith("sha256:") === true ? "@" : ":";
  return {
    ...(repository !== undefined && { reference: tag === undefined ? repository : `${repository}${separator}${tag}` }),
    ...(pullPolicy !== undefined && { pullPolicy }),
  };
};

const resources = section({ requests: mapOf(quantity), limits: mapOf(quantity) });
const profile = section({ resources });

const anyText: Reader<string> = (value, place) =>
  typeof value === "string" ? value : place.error("must be a string: put it in quotes");

const environmentVariable: Reader<{ name: string; value: string }> = (value, place) => {
  const read = section({
    name: text({ pattern: /^[A-Za-z_][A-Za-z0-9_]*$/, meaning: "a variable name (letters, digits and _)" }),
    value: anyText,
  })(value, place);
  if (read === undefined) return undefined;
  if (read.name === undefined || read.value === undefined) return place.error("needs a name and a value");
  return { name: read.name, value: read.value };
};

/** The file's structure: every key that has an effect. schemas/configuration.yaml says the same to editors and docs. */
export const configuration = section({
  job: section({
    backoffLimit: integer(0, 100),
    activeDeadlineSeconds: seconds,
    ttlSecondsAfterFinished: integer(0, largest),
  }),
  agent: section({
    name: text({ pattern: /^.{1,63}$/, meaning: "at most 63 characters" }),
    model: text({ pattern: /^.{1,128}$/, meaning: "at most 128 characters" }),
    image,
    imagePullPolicy: oneOf(pullPolicies),
    command: list(text()),
    args: list(text()),
    env: list(environmentVariable, 256),
    resources,
    serviceAccountName: objectName,
    imagePullSecrets: list(objectName),
  }),
  initContainer: section({ image, imagePullPolicy: oneOf(pullPolicies) }),
  priorities: section({ low: profile, medium: profile, high: profile, critical: profile }),
  storage: section({
    storageClassName: objectName,
    accessMode: oneOf(["ReadWriteOnce", "ReadWriteOncePod", "ReadWriteMany"]),
    size: quantity,
  }),
  secrets: section({ apiKeySecretName: objectName, apiKeySecretKey: secretKey }),
  concurrency: section({
    total: atLeastOne,
    perNamespace: atLeastOne,
    perService: atLeastOne,
    perAgent: atLeastOne,
    perRepository: atLeastOne,
    perWorkspace: atLeastOne,
    agingSeconds: seconds,
  }),
  cleanup: section({ deleteWorkspace: boolean }),
  retry: section({
    maxRetries: integer(0, mostRetries),
    initialBackoffSeconds: seconds,
    maxBackoffSeconds: seconds,
    terminalExitCodes: list(integer(1, 255), 255),
  }),
  stuckPodSeconds: seconds,
  history: section({
    keepPerService: integer(0, largest),
    keepSeconds: integer(0, largest),
    archive: section({ log: boolean, configMap: objectName }),
  }),
  orphanSweepSeconds: seconds,
  telemetry: section({ enabled: boolean, otlpEndpoint: text(), otlpProtocol: oneOf(otlpProtocols) }),
});

/**
 * Reads the text of `config.yaml` over the defaults, then the environment over that. Unknown keys are warnings; wrong
 * types and values are errors, all of them at once, and then there are no settings.
 */
export function parseSettings(yaml: string, environment: Environment = {}): Parsed {
  const problems: Problem[] = [];
  const place = new Place("", problems);
  const document = parseDocument(yaml, { prettyErrors: true, maxAliasCount: 100 } as object);
  for (const error of document.errors) place.error(`is not YAML: ${error.message.split("\n")[0] ?? ""}`);
  if (problems.length > 0) return { problems };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    place.error(`is not usable YAML: ${error instanceof Error ? error.message : String(error)}`);
    return { problems };
  }
  const file = configuration(content ?? null, place) ?? {};
  const variables = readEnvironment(environment, problems);
  if (problems.some(({ severity }) => severity === "error")) return { problems };

  const base = defaultSettings;
  const agentImage = file.agent?.image;
  const initImage = file.initContainer?.image;
  const { image: _image, resources: everyPriority, ...agent } = file.agent ?? {};
  const profiles = Object.fromEntries(
    priorities.map((priority) => {
      const chosen = file.priorities?.[priority]?.resources ?? everyPriority ?? base.resources[priority];
      return [priority, overlay(chosen, variables.resources)];
    }),
  ) as Record<Priority, Resources>;
  const settings: Settings = {
    job: { ...base.job, ...file.job, ...variables.job },
    agent: {
      ...base.agent,
      ...(agentImage?.reference !== undefined && { image: agentImage.reference }),
      ...(agentImage?.pullPolicy !== undefined && { imagePullPolicy: agentImage.pullPolicy }),
      ...agent,
      ...variables.agent,
    },
    initContainer: {
      image: initImage?.reference ?? base.initContainer.image,
      imagePullPolicy:
        file.initContainer?.imagePullPolicy ?? initImage?.pullPolicy ?? base.initContainer.imagePullPolicy,
    },
    resources: profiles,
    storage: { ...base.storage, ...file.storage },
    secrets: { ...base.secrets, ...file.secrets },
    concurrency: { ...base.concurrency, ...file.concurrency },
    cleanup: { ...base.cleanup, ...file.cleanup },
    retry: { ...base.retry, ...file.retry },
    stuckPodSeconds: file.stuckPodSeconds ?? base.stuckPodSeconds,
    history: {
      ...base.history,
      ...file.history,
      archive: { ...base.history.archive, ...file.history?.archive },
    },
    orphanSweepSeconds: file.orphanSweepSeconds ?? base.orphanSweepSeconds,
    telemetry: { ...base.telemetry, ...file.telemetry },
  };
  return { settings, problems };
}

function overlay(under: Resources, over: Resources): Resources {
  return {
    ...((under.requests !== undefined || over.requests !== undefined) && {
      requests: { ...under.requests, ...over.requests },
    }),
    ...((under.limits !== undefined || over.limits !== undefined) && { limits: { ...under.limits, ...over.limits } }),
  };
}
