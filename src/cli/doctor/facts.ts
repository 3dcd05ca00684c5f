/** What the checks know of the cluster. */
import type { TaskRun } from "../../api/taskrun.js";
import type { Configuration } from "../../configuration/configuration.js";
import type { BudgetSummary } from "../../operations/budget-list.js";
import type { InForceReport, Standing } from "../../configuration/in-force.js";
import type {
  ConfigMap,
  CustomResourceDefinition,
  Lease,
  MutatingWebhookConfiguration,
  StorageClass,
  Stored,
  ValidatingWebhookConfiguration,
} from "../../runtime/client/objects.js";
import type { PolicyRule } from "../../runtime/rbac/permission.js";
import type { Deployment } from "../cluster-configuration.js";
import type { Observation } from "./observation.js";

/** One permission, in words that name verb, resource and scope. */
export type Right = string;

export interface Facts {
  /** Version of this program. */
  readonly version: string;
  /** Of the operator. */
  readonly namespace: string;
  /** In which runs are created. */
  readonly runsNamespace: string;
  /** Of this machine, in milliseconds since the epoch, when the others were observed. */
  readonly now: number;
  /** Major and minor version of the API server. */
  readonly server: Observation<{ readonly major: number; readonly minor: number; readonly gitVersion: string }>;
  readonly crds: readonly {
    readonly wanted: CustomResourceDefinition;
    readonly found: Observation<Stored<CustomResourceDefinition>>;
  }[];
  readonly deployment: Observation<Stored<Deployment>>;
  readonly lease: Observation<Stored<Lease>>;
  /** Rights of the program's roles that the operator's ServiceAccount lacks. */
  readonly operatorLacks: Observation<readonly Right[]>;
  /** Which of the rights to create runs the caller lacks in the namespace of the runs. */
  readonly callerLacks: Observation<readonly Right[]>;
  readonly mutating: Observation<Stored<MutatingWebhookConfiguration>>;
  readonly validating: Observation<Stored<ValidatingWebhookConfiguration>>;
  /** The certificate at the webhooks' URL, checked against their caBundle; undefined if a Service serves them. */
  readonly served: Observation<ServedCertificate> | undefined;
  /** The result of creating a TaskRun as a dry run. */
  readonly dryRun: Observation<Stored<TaskRun>>;
  readonly configuration: Observation<ConfigurationFacts>;
  /** The ConfigMap that overrides templates. */
  readonly templates: Observation<Stored<ConfigMap>>;
  readonly storageClasses: Observation<readonly Stored<StorageClass>[]>;
  readonly secrets: readonly SecretFacts[];
  /** Of all namespaces that the caller may look at. */
  readonly budgets: Observation<readonly BudgetSummary[]>;
  /** Names of the cluster's namespaces. */
  readonly namespaces: Observation<readonly string[]>;
  /** Absent: the API server knows no Workflows. */
  readonly argo: Observation<ArgoFacts>;
  /** Undefined: its key was not given. */
  readonly githubApp: Observation<GitHubAppFacts> | undefined;
  /** Undefined: the probe was not requested. */
  readonly network: NetworkProbeResult | undefined;
}

export interface ServedCertificate {
  /** Why a client that trusts the caBundle alone rejects it; undefined: it accepts it. */
  readonly refusal: string | undefined;
  readonly validTo: string;
}

export interface ConfigurationFacts {
  readonly report: InForceReport | undefined;
  /** What the report says of the stored text; undefined without a report. */
  readonly standing: Standing | undefined;
  /** Errors and warnings of the stored text. */
  readonly problems: readonly { readonly severity: "error" | "warning"; readonly text: string }[];
  /** What is in force, as far as it is known. */
  readonly effective: Configuration;
}

export interface ArgoFacts {
  /** Whether the operator may get, list and patch Workflows in the namespace of the runs. */
  readonly operatorMay: boolean;
  /** Whether that namespace has the templates of config/argo. */
  readonly hasTemplate: boolean;
}

/** The operator's GitHub App, as GitHub shows it to itself. */
export interface GitHubAppFacts {
  /** Its name in URLs. */
  readonly slug: string;
  /** Where a person changes it. */
  readonly settings: string;
  /** `read`, `write` or `admin`, by permission. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  /** Absent: it has none. */
  readonly webhook?: {
    readonly url: string;
    /** `json` or `form`. */
    readonly contentType: string;
    readonly hasSecret: boolean;
    /** GitHub does not check the server's certificate. */
    readonly insecure: boolean;
  };
}

export interface SecretFacts {
  readonly name: string;
  /** The configuration's key that names it. */
  readonly key: string;
  /** Whether attempts cannot start without it. */
  readonly isNeeded: boolean;
  readonly found: Observation<boolean>;
}

/** `unknown` with the reason. */
export type NetworkProbeResult =
  { readonly result: "enforced" | "notEnforced" } | { readonly result: "unknown"; readonly reason: string };

/** The single permissions of a rule, in words. */
export function rightsOf(
  { apiGroups, resources, resourceNames = [], verbs }: PolicyRule,
  namespace?: string,
): {
  readonly right: Right;
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly name?: string;
}[] {
  const names: readonly (string | undefined)[] = resourceNames.length === 0 ? [undefined] : resourceNames;
  return apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) =>
        names.map((name) => ({
          right:
            `${verb} ${resource}${group === "" ? "" : `.${group}`}${name === undefined ? "" : `/${name}`}` +
            (namespace === undefined ? "" : ` in namespace ${namespace}`),
          ...{ group, resource, verb },
          ...(name !== undefined && { name }),
        })),
      ),
    ),
  );
}
