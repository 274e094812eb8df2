import { type Command, defineCommand } from "../command.ts";
import { PREVIEW_OPTIONS, runPreview } from "../preview_options.ts";

/** `apt-ostree upgrade`. */
export const command: Command = defineCommand({
  name: "upgrade",
  summary: "Perform a system upgrade",
  args: "",
  arity: [0, 0],
  options: PREVIEW_OPTIONS,
  run: (context, values) => runPreview(context, "upgrade", values, { verb: "upgrade" }),
});
