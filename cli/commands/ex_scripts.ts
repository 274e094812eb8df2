import { readCommitScripts, readStatus } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatScripts } from "../format/scripts.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree ex scripts`. */
export const command: Command = defineCommand({
  name: "scripts",
  summary: "Show what maintainer scripts did while a commit was made",
  args: "[REV]",
  arity: [0, 1],
  options: {
    repo: REPO_OPTION,
    sysroot: { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
    verbose: { type: "boolean", short: "v", help: "Show every file" },
    json: { type: "boolean", help: "Output JSON" },
  },
  run({ print }, { repo: path, sysroot, verbose, json }, [rev]) {
    const repo = openRepo(path, sysroot);
    const name = rev ?? deployedCommit(sysroot ?? "/", path);
    const record = readCommitScripts(repo, repo.requireRev(name));
    if (!record) {
      throw new CliError(
        "cli/no-record",
        `Cannot show the scripts of "${name}": the commit has no record of them`,
        {
          subject: name,
          hint:
            "Commits made by apt-ostree have one; pulls that leave out detached metadata lose it",
        },
      );
    }
    print(json ? JSON.stringify(record, null, 2) : formatScripts(record, { verbose }));
    return Promise.resolve(0);
  },
});

/** The commit that the system runs, or would boot next. */
function deployedCommit(sysroot: string, repo: string | undefined): string {
  if (repo !== undefined) {
    throw new CliError("cli/bad-arguments", 'Cannot run "ex scripts": no REV is named', {
      subject: "REV",
      hint: "With --repo, name a commit or ref: apt-ostree ex scripts --repo=REPO REV",
    });
  }
  const { deployments } = readStatus(sysroot);
  const found = deployments.find((each) => each.booted) ?? deployments[0];
  if (found) return found.checksum;
  throw new CliError("cli/not-booted", `Cannot show scripts: "${sysroot}" has no deployments`, {
    subject: sysroot,
    hint: "Name a commit or ref",
  });
}
