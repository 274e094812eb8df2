import { becomeRoot, postprocessRootfs } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { formatDropped } from "../format/composed.ts";
import { given } from "../option_values.ts";
import { UNIFIED_CORE } from "../install_options.ts";
import { sourceDateEpoch } from "../source_date_epoch.ts";

/** `apt-ostree compose postprocess`. */
export const command: Command = defineCommand({
  name: "postprocess",
  summary: "Give a root file system the form that OSTree deploys",
  args: "ROOTFS [TREEFILE]",
  arity: [1, 2],
  options: {
    ...UNIFIED_CORE,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, _values, [rootfs, treefile]) {
    const options = { ...given({ treefile }), ...sourceDateEpoch() };
    await becomeRoot();
    const result = await postprocessRootfs({ rootfs: rootfs!, ...options, progress, signal });
    if (json) {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    const text = formatDropped(result.droppedFiles);
    if (text !== undefined) progress({ type: "message", level: "info", text });
    print(
      result.release === undefined ? "No kernel: it does not boot" : `Kernel: ${result.release}`,
    );
    print(result.rootfs);
    return 0;
  },
});
