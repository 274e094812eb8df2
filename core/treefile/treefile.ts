import type { CheckSettings } from "../checks/check_settings.ts";
import type { SbomFormat } from "../sbom/sbom_format.ts";

/** A treefile with all it includes, ready to be composed. */
export interface Treefile {
  /** The ref. */
  readonly ref?: string;
  /** Single package requests, those of the architecture among them. */
  readonly packages: readonly string[];
  /** The same by the file that names them, included files first: each stands on those before it. */
  readonly packageLayers: readonly (readonly string[])[];
  /** Packages that must not come in. */
  readonly excludePackages: readonly string[];
  /** `undefined` where the sources of the machine are meant. */
  readonly repos?: readonly string[];
  /** Release of the sources, for `$releasever` and `$codename` in their files. */
  readonly releasever?: string;
  /** Values for `$NAME` in the files of the sources. */
  readonly repovars: Readonly<Record<string, string>>;
  /** Date of the sources. */
  readonly snapshot?: string;
  /** Whether recommended packages are installed. */
  readonly recommends: boolean;
  /** Whether documentation is kept. */
  readonly documentation: boolean;
  /** Units to enable. */
  readonly units: readonly string[];
  /** Target that the system boots to. */
  readonly defaultTarget?: string;
  /** Scripts to run in the finished tree. */
  readonly postprocess: readonly string[];
  /** Further metadata of the commit. */
  readonly addCommitMetadata: Readonly<Record<string, unknown>>;
  /** Beginning of the version. */
  readonly automaticVersionPrefix?: string;
  /** Character before the number. */
  readonly automaticVersionSuffix: string;
  /** Bills of materials to write, each form once. */
  readonly sbom: readonly SbomFormat[];
  /** What findings in the finished tree mean, by check. */
  readonly checks: CheckSettings;
  /** Metadata. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Text of the merged treefile: JSON with sorted keys, variables replaced, without includes. */
export function formatTreefile(treefile: Treefile, basearch: string): string {
  const fields: Record<string, unknown> = {
    "add-commit-metadata": treefile.addCommitMetadata,
    "automatic-version-prefix": treefile.automaticVersionPrefix,
    "automatic-version-suffix": treefile.automaticVersionPrefix === undefined
      ? undefined
      : treefile.automaticVersionSuffix,
    "basearch": basearch,
    "checks": treefile.checks,
    "default-target": treefile.defaultTarget,
    "documentation": treefile.documentation,
    "exclude-packages": treefile.excludePackages,
    "metadata": treefile.metadata,
    "packages": treefile.packages,
    "postprocess": treefile.postprocess,
    "recommends": treefile.recommends,
    "ref": treefile.ref,
    "releasever": treefile.releasever,
    "repos": treefile.repos,
    "sbom": treefile.sbom,
    "snapshot": treefile.snapshot,
    "units": treefile.units,
  };
  const shown = Object.entries(fields).filter(([, value]) =>
    value !== undefined && !isEmpty(value)
  );
  return `${JSON.stringify(Object.fromEntries(shown), null, 2)}\n`;
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value)
    ? value.length === 0
    : typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
