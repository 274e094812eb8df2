import type { Progress } from "@apt-ostree/base";
import type { Repo, Tree } from "@apt-ostree/ostree";
import type { PathFilter } from "../assemble/path_filter.ts";
import { PlainDirectoriesFile } from "../checks/plain_directories.ts";
import { type CheckReport, runChecks } from "../checks/run_checks.ts";
import { ChecksFailedError } from "../error.ts";
import type { PackageCommit } from "../import/package_commit.ts";
import type { Treefile } from "../treefile/treefile.ts";

/** What {@linkcode checkComposed} needs. */
export interface CheckComposedOptions {
  /** Repository that has the tree's objects. */
  readonly work: Repo;
  /** The finished tree, written. */
  readonly tree: Tree;
  /** What it was made of, where all of it is at hand; else every file is read. */
  readonly packages: readonly PackageCommit[] | undefined;
  readonly treefile: Treefile;
  readonly filter: PathFilter;
  /** Directory that is kept from compose to compose. */
  readonly cachedir: string;
  /** Directories of this machine that no file should name. */
  readonly buildPaths: readonly string[];
  readonly progress?: Progress;
}

/** Most findings that an error names. */
const MAX_NAMED = 20;

/**
 * Look through a tree before it is committed.
 *
 * @returns What was found of lesser weight.
 * @throws {ChecksFailedError} `compose/checks-failed` if something of severity error was.
 */
export function checkComposed(options: CheckComposedOptions): CheckReport {
  const { work, tree, treefile, cachedir, progress } = options;
  const start = performance.now();
  const phase = "check";
  progress?.({ type: "phase-start", phase, title: "Checking the tree" });
  const plain = new PlainDirectoriesFile(`${cachedir}/plain-directories`);
  const report = runChecks({
    repo: work,
    tree,
    ...(options.packages ? { packages: options.packages.map((each) => each.data) } : {}),
    filter: options.filter,
    buildPaths: options.buildPaths,
    plain,
    kernelModules: treefile.kernelModules,
  }, treefile.checks);
  plain.write();
  const failed = report.findings.some(({ severity }) => severity === "error");
  if (failed) throw checksFailed(report, treefile.ref);
  const ms = performance.now() - start;
  const warnings = report.findings.length;
  const summary = warnings === 0 ? "nothing found" : `${warnings} found`;
  progress?.({ type: "phase-end", phase, done: report.done.length, ms, summary });
  return report;
}

function checksFailed(report: CheckReport, ref = "the tree"): ChecksFailedError {
  const errors = report.findings.filter(({ severity }) => severity === "error");
  const lines = errors.slice(0, MAX_NAMED).map(({ check, path, detail }) =>
    `  ${path} ${detail} (${check})`
  );
  const more = errors.length > MAX_NAMED ? [`  and ${errors.length - MAX_NAMED} more`] : [];
  return new ChecksFailedError(
    `Cannot commit "${ref}": checks found ${errors.length}:\n${[...lines, ...more].join("\n")}`,
    report,
    {
      subject: errors[0]!.path,
      hint: "Remove it in postprocess:, or allow it in checks: (docs/checks.md)",
    },
  );
}
