import {
  advisoryFiles,
  noteAdvisory,
  type NotedAdvisory,
  packageTitle,
  readAdvisories,
  readNotedAdvisories,
} from "@apt-ostree/core";
import { type Repo, Tree } from "@apt-ostree/ostree";
import { commitPackages } from "../commit_packages.ts";
import { type Command, defineCommand } from "../command.ts";
import { formatAdvisories } from "../format/advisories.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree db list`. */
export const command: Command = defineCommand({
  name: "list",
  summary: "List packages within commits",
  args: "REV... [PREFIX-PKGNAME...]",
  arity: [1, Infinity],
  options: {
    repo: REPO_OPTION,
    advisories: { type: "boolean", short: "a", help: "Also output advisories" },
  },
  run({ print }, { repo: path, advisories }, args) {
    const repo = openRepo(path);
    // The first argument that names no commit begins the patterns.
    const end = args.findIndex((arg, at) => at > 0 && repo.resolveRev(arg) === undefined);
    const revs = end < 0 ? args : args.slice(0, end);
    const patterns = end < 0 ? [] : args.slice(end).map(prefixPattern);
    for (const rev of revs) {
      const { commit, packages } = commitPackages(repo, rev);
      print(`ostree commit: ${rev} (${commit})`);
      for (const each of packages) {
        if (patterns.length === 0 || patterns.some((pattern) => pattern.test(each.name))) {
          print(` ${packageTitle(each)}`);
        }
      }
      const security = advisories ? formatAdvisories(advisoriesOf(repo, commit)) : "";
      if (security !== "") print(security);
    }
    return Promise.resolve(0);
  },
});

/** What this machine's advisories say of a commit, or else what is noted with the commit itself. */
function advisoriesOf(repo: Repo, commit: string): NotedAdvisory[] {
  if (advisoryFiles("/").length === 0 || repo.partialCommits().has(commit)) {
    return readNotedAdvisories(repo, commit);
  }
  return readAdvisories(repo, "/", { after: Tree.fromCommit(repo, commit) }).map(noteAdvisory);
}

/** A prefix of a package's name, in which `*` and `?` are wild. */
function prefixPattern(text: string): RegExp {
  const escaped = text.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*").replaceAll(
    "?",
    ".",
  );
  return new RegExp(`^${escaped}`);
}
