/** A treefile with all it includes, ready to be composed. */
export interface Treefile {
  readonly ref?: string;
  /** Single package requests, those of the architecture among them. */
  readonly packages: readonly string[];
  readonly excludePackages: readonly string[];
  /** `undefined` where the sources of the machine are meant. */
  readonly repos?: readonly string[];
  readonly recommends: boolean;
  readonly documentation: boolean;
  readonly units: readonly string[];
  readonly defaultTarget?: string;
  readonly postprocess: readonly string[];
  readonly addCommitMetadata: Readonly<Record<string, unknown>>;
  readonly automaticVersionPrefix?: string;
  readonly automaticVersionSuffix: string;
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
    "default-target": treefile.defaultTarget,
    "documentation": treefile.documentation,
    "exclude-packages": treefile.excludePackages,
    "metadata": treefile.metadata,
    "packages": treefile.packages,
    "postprocess": treefile.postprocess,
    "recommends": treefile.recommends,
    "ref": treefile.ref,
    "repos": treefile.repos,
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
