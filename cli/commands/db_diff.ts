import { diffPackages } from "@apt-ostree/core";
import { commitPackages } from "../commit_packages.ts";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatDiffBlock, formatDiffLines, jsonDiff } from "../format/packages.ts";
import { openRepo } from "../system_repo.ts";

/** `apt-ostree db diff`. */
export const command: Command = defineCommand({
  name: "diff",
  summary: "Show package changes between two commits",
  args: "FROM TO",
  arity: [2, 2],
  options: {
    repo: {
      type: "string",
      short: "r",
      value: "PATH",
      help: "Path to OSTree repository (defaults to the system's)",
    },
    format: {
      type: "string",
      short: "F",
      value: "FORMAT",
      help: "Output format: block, diff or json (default: block)",
    },
  },
  run({ print }, { repo: path, format = "block" }, [from, to]) {
    if (!["block", "diff", "json"].includes(format)) {
      throw new CliError("cli/bad-option", `Cannot use format "${format}"`, {
        subject: format,
        hint: "Formats are block, diff and json",
      });
    }
    const repo = openRepo(path);
    const before = commitPackages(repo, from!);
    const after = commitPackages(repo, to!);
    const difference = diffPackages(before.packages, after.packages);
    if (format === "json") {
      print(JSON.stringify(
        {
          "ostree-commit-from": before.commit,
          "ostree-commit-to": after.commit,
          "pkgdiff": jsonDiff(difference),
          "advisories": [],
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
    return Promise.resolve(0);
  },
});
