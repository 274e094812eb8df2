import { becomeRoot, commitRootfs } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { COMMIT_OPTIONS, commitOptions } from "../commit_options.ts";
import { CliError } from "../error.ts";
import { formatCommitted, formatDropped } from "../format/composed.ts";
import { NO_WAIT, UNIFIED_CORE } from "../install_options.ts";
import { sourceDateEpoch } from "../source_date_epoch.ts";

/** `apt-ostree compose commit`. */
export const command: Command = defineCommand({
  name: "commit",
  summary: "Commit a root file system to an OSTree repository",
  args: "TREEFILE ROOTFS",
  arity: [2, 2],
  options: {
    "repo": { type: "string", short: "r", value: "REPO", help: "Repository that takes the commit" },
    "layer-repo": {
      type: "string",
      value: "REPO",
      help: "No effect: layers are in the root file system",
      hidden: true,
    },
    ...COMMIT_OPTIONS,
    ...UNIFIED_CORE,
    ...NO_WAIT,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile, rootfs]) {
    const { repo } = values;
    if (repo === undefined) {
      throw new CliError("cli/bad-option", "Cannot commit: no repository is named", {
        subject: "--repo",
        hint: "Name one with --repo=REPO; make one with: ostree --repo=REPO init --mode=archive",
      });
    }
    const options = {
      ...commitOptions(values),
      ...sourceDateEpoch(),
      noWait: values["no-wait"],
    };
    await becomeRoot(repo);
    const result = await commitRootfs({
      treefile: treefile!,
      rootfs: rootfs!,
      repo,
      ...options,
      progress,
      signal,
    });
    if (json) {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    const text = formatDropped(result.droppedFiles);
    if (text !== undefined) progress({ type: "message", level: "info", text });
    for (const line of formatCommitted(result)) print(line);
    return 0;
  },
});
