import { becomeRoot, composeRootfs } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { given } from "../option_values.ts";
import { NO_WAIT } from "../install_options.ts";
import { sourceDateEpoch } from "../source_date_epoch.ts";

/** `apt-ostree compose rootfs`. */
export const command: Command = defineCommand({
  name: "rootfs",
  summary: "Make the root of a container image from a treefile",
  args: "MANIFEST DEST",
  arity: [2, 2],
  options: {
    "cachedir": { type: "string", value: "DIR", help: "Keep downloads and imported packages here" },
    "ostree-repo": {
      type: "string",
      value: "REPO",
      help: "Repository that has the commit before it, and the cache",
      hidden: true,
    },
    "source-root": {
      type: "string",
      value: "PATH",
      help: "Use the package sources of the system at PATH where the treefile names none",
    },
    "source-root-rw": {
      type: "string",
      value: "PATH",
      help: "The same: nothing of that system is ever changed",
    },
    "lockfile": { type: "list", value: "FILE", help: "Use the versions that FILE names" },
    ...NO_WAIT,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile, dest]) {
    const sourceRoot = findSourceRoot(values["source-root"], values["source-root-rw"]);
    const options = {
      lockfiles: values.lockfile,
      noWait: values["no-wait"],
      ...sourceDateEpoch(),
      ...given({
        cachedir: values.cachedir,
        repo: values["ostree-repo"],
        sourceRoot,
      }),
    };
    await becomeRoot();
    const result = await composeRootfs({
      treefile: treefile!,
      dest: dest!,
      ...options,
      progress,
      signal,
    });
    if (json) {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    print(`${result.packages} packages, ${result.imported} newly imported`);
    print(result.rootfs);
    return 0;
  },
});

function findSourceRoot(plain: string | undefined, rw: string | undefined): string | undefined {
  const bad = (what: string, hint: string) =>
    new CliError("cli/bad-option", `Cannot use --source-root: ${what}`, {
      subject: "--source-root",
      hint,
    });
  if (plain !== undefined && rw !== undefined) {
    throw bad("--source-root-rw is there too", "Name the system once");
  }
  const path = plain ?? rw;
  if (path?.startsWith("/") === false) {
    throw bad(`"${path}" is not absolute`, "Write the whole path");
  }
  return path;
}
