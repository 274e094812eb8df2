import { becomeRoot, installTree } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatDropped, formatUnmade } from "../format/composed.ts";
import { INSTALL_OPTIONS, installOptions, NO_WAIT, UNIFIED_CORE } from "../install_options.ts";

/** `apt-ostree compose install`. */
export const command: Command = defineCommand({
  name: "install",
  summary: "Install the packages of a treefile into a directory",
  args: "TREEFILE DESTDIR",
  arity: [2, 2],
  options: {
    ...INSTALL_OPTIONS,
    "repo": {
      ...INSTALL_OPTIONS.repo,
      help: "Repository that has the commit before it, and the cache",
    },
    "postprocess": { type: "boolean", help: "Do what compose postprocess does, too" },
    ...UNIFIED_CORE,
    ...NO_WAIT,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile, destdir]) {
    if (values.workdir !== undefined) {
      throw new CliError("cli/bad-option", "Cannot use --workdir: the result goes to DESTDIR", {
        subject: "--workdir",
        hint: "Leave it out",
      });
    }
    const options = installOptions(values);
    if (!values["print-only"]) await becomeRoot();
    const { postprocess } = values;
    const result = await installTree({
      treefile: treefile!,
      destdir: destdir!,
      postprocess,
      ...options,
      progress,
      signal,
    });
    if (json && result.kind !== "printed") {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    if (result.kind !== "installed") {
      for (const line of formatUnmade(result, { imports: values["download-only"] })!) print(line);
      return 0;
    }
    const text = formatDropped(result.droppedFiles);
    if (text !== undefined) progress({ type: "message", level: "info", text });
    print(`Input hash: ${result.inputHash}`);
    print(`${result.packages} packages, ${result.imported} newly imported`);
    print(result.rootfs);
    return 0;
  },
});
