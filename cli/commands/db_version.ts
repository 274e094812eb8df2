import { databaseVersion } from "@apt-ostree/core";
import { commitPackages } from "../commit_packages.ts";
import { type Command, defineCommand } from "../command.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** Column in which the line of a database's version ends. */
const WIDTH = 66;

/** `apt-ostree db version`. */
export const command: Command = defineCommand({
  name: "version",
  summary: "Show package database versions of commits",
  args: "COMMIT...",
  arity: [1, Infinity],
  options: { repo: REPO_OPTION },
  run({ print }, { repo: path }, revs) {
    const repo = openRepo(path);
    for (const rev of revs) {
      const { commit, packages } = commitPackages(repo, rev);
      print(`ostree commit: ${rev}${rev === commit ? "" : ` (${commit})`}`);
      print(`  debdbv is:  ${databaseVersion(packages).padStart(WIDTH)}`);
    }
    return Promise.resolve(0);
  },
});
