import {
  advisoryFiles,
  baseCommit,
  diffPackages,
  jsonDiff,
  noteAdvisory,
  readAdvisories,
  readChangelogOf,
  readStatus,
} from "@apt-ostree/core";
import { Tree } from "@apt-ostree/ostree";
import { commitPackages } from "../commit_packages.ts";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatAdvisories, jsonAdvisories } from "../format/advisories.ts";
import { formatChangelogs } from "../format/changelogs.ts";
import { formatDiffBlock, formatDiffLines } from "../format/packages.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree db diff`. */
export const command: Command = defineCommand({
  name: "diff",
  summary: "Show package changes between two commits",
  args: "[FROM [TO]]",
  arity: [0, 2],
  options: {
    repo: REPO_OPTION,
    format: {
      type: "string",
      short: "F",
      value: "FORMAT",
      help: "Output format: block, diff or json (default: block)",
    },
    changelogs: { type: "boolean", short: "c", help: "Also output package changelogs" },
    advisories: { type: "boolean", short: "a", help: "Also output new advisories" },
    sysroot: { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
    base: { type: "boolean", help: "Diff against deployments' base, not layered commits" },
  },
  run({ print, progress }, values, args) {
    const { format = "block", changelogs, sysroot } = values;
    if (!["block", "diff", "json"].includes(format)) {
      throw new CliError("cli/bad-option", `Cannot use format "${format}"`, {
        subject: format,
        hint: "Formats are block, diff and json",
      });
    }
    if (changelogs && format === "json") {
      throw new CliError("cli/bad-option", "Cannot show changelogs as json", {
        subject: "--changelogs",
        hint: "Use the format block or diff",
      });
    }
    if (values.advisories && format === "diff") {
      throw new CliError("cli/bad-option", "Cannot show advisories as diff", {
        subject: "--advisories",
        hint: "Use the format block or json",
      });
    }
    const repo = openRepo(values.repo, sysroot);
    const [from, to] = args.length === 2 ? args : deployedRevs(sysroot ?? "/", args);
    const side = (rev: string) => values.base ? baseCommit(repo, repo.requireRev(rev)) : rev;
    const before = commitPackages(repo, side(from!));
    const after = commitPackages(repo, side(to!));
    const difference = diffPackages(before.packages, after.packages);
    const commits = { before: before.commit, after: after.commit };
    // Who only wants JSON gets what there is: advisories need trees, all else metadata.
    const partial = repo.partialCommits();
    const left = !values.advisories && advisoryFiles(sysroot ?? "/").length > 0 &&
      Object.values(commits).some((commit) => partial.has(commit));
    const advisories = values.advisories || (format === "json" && !left)
      ? readAdvisories(repo, sysroot ?? "/", {
        before: Tree.fromCommit(repo, commits.before),
        after: Tree.fromCommit(repo, commits.after),
      }, difference)
      : [];
    if (format === "json") {
      if (left) {
        const text = "Advisories are left out: they need whole commits, and only metadata is here";
        progress({ type: "message", level: "warning", text });
      }
      print(JSON.stringify(
        {
          "ostree-commit-from": before.commit,
          "ostree-commit-to": after.commit,
          "pkgdiff": jsonDiff(difference),
          ...(left ? {} : { "advisories": jsonAdvisories(advisories) }),
        },
        null,
        2,
      ));
      return Promise.resolve(0);
    }
    const head = (side: string, { rev, commit }: typeof before) =>
      `ostree diff commit ${side}: ${rev === commit ? commit : `${rev} (${commit})`}`;
    print(`${head("from", before)}\n${head("to", after)}`);
    const text = format === "diff" ? formatDiffLines(difference) : formatDiffBlock(difference);
    if (text !== "") print(text);
    const security = formatAdvisories(advisories.map(noteAdvisory));
    if (security !== "") print(security);
    if (changelogs) {
      const entries = difference.upgraded.map((change) =>
        [change, readChangelogOf(repo, after.commit, change)] as const
      );
      const log = formatChangelogs(entries);
      if (log !== "") print(`\n${log}`);
    }
    return Promise.resolve(0);
  },
});

/**
 * The commits that a difference is between where less than two are named: the booted deployment and the
 * one named; or the booted and the pending one; or, where none is pending, the rollback and the booted.
 */
function deployedRevs(sysroot: string, args: readonly string[]): [from: string, to: string] {
  const { deployments } = readStatus(sysroot);
  const booted = deployments.findIndex((each) => each.booted);
  if (booted < 0) {
    throw new CliError("cli/not-booted", `Cannot compare deployments: "${sysroot}" is not booted`, {
      subject: sysroot,
      hint: "Name both commits: apt-ostree db diff FROM TO",
    });
  }
  const commit = deployments[booted]!.checksum;
  if (args[0] !== undefined) return [commit, args[0]];
  if (booted > 0) return [commit, deployments[0]!.checksum];
  const rollback = deployments[booted + 1];
  if (rollback) return [rollback.checksum, commit];
  throw new CliError("cli/bad-arguments", "Cannot compare deployments: there is just one", {
    hint: "Name a commit to compare it with",
  });
}
