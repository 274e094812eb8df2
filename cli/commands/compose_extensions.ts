import { composeExtensions } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { UNIFIED_CORE } from "../install_options.ts";
import { given } from "../option_values.ts";

/** `apt-ostree compose extensions`. */
export const command: Command = defineCommand({
  name: "extensions",
  summary: "Put packages into a directory that fit on top of a commit",
  args: "TREEFILE EXTYAML",
  arity: [2, 2],
  options: {
    "repo": { type: "string", short: "r", value: "REPO", help: "Repository that has the base" },
    "base-rev": {
      type: "string",
      value: "REV",
      help: "Commit that is the base (default: the treefile's ref)",
    },
    "rootfs": {
      type: "string",
      value: "ROOTFS",
      help: "Root file system that is the base, instead of a commit",
    },
    "output-dir": { type: "string", value: "PATH", help: "Directory that takes the packages" },
    "cachedir": { type: "string", value: "DIR", help: "Keep package lists and downloads here" },
    "touch-if-changed": {
      type: "string",
      value: "FILE",
      help: "Make the date of FILE now if something has changed",
    },
    "layer-repo": {
      type: "string",
      value: "REPO",
      help: "No effect: the base has its layers",
      hidden: true,
    },
    ...UNIFIED_CORE,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile, extensions]) {
    const { repo, rootfs } = values;
    const outputDir = values["output-dir"];
    const baseRev = values["base-rev"];
    if (outputDir === undefined) {
      throw new CliError("cli/bad-option", "Cannot make extensions: no directory is named", {
        subject: "--output-dir",
        hint: "Name the one that takes them with --output-dir=PATH",
      });
    }
    for (const [name, value] of [["repo", repo], ["base-rev", baseRev]] as const) {
      if (rootfs === undefined || value === undefined) continue;
      throw new CliError("cli/bad-option", `Cannot use --rootfs together with --${name}`, {
        subject: "--rootfs",
        hint: "The base is either a root file system or a commit",
      });
    }
    const result = await composeExtensions({
      treefile: treefile!,
      extensions: extensions!,
      outputDir,
      ...given({
        repo,
        baseRev,
        rootfs,
        cachedir: values.cachedir,
        touchIfChanged: values["touch-if-changed"],
      }),
      progress,
      signal,
    });
    if (json) print(JSON.stringify({ v: 1, type: "result", ...result }));
    else if (result.kind === "unchanged") print(`No changes in "${outputDir}"`);
    else {
      print(`${result.files.length} packages of ${result.extensions.length} extensions:`);
      for (const file of result.files) print(`  ${file}`);
    }
    return 0;
  },
});
