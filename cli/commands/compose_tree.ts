import { becomeRoot, composeTree } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { COMMIT_OPTIONS, commitOptions } from "../commit_options.ts";
import { formatCommitted, formatDropped, formatUnmade } from "../format/composed.ts";
import { INSTALL_OPTIONS, installOptions, NO_WAIT, UNIFIED_CORE } from "../install_options.ts";

/** `apt-ostree compose tree`. */
export const command: Command = defineCommand({
  name: "tree",
  summary: "Process a treefile and commit the result to an OSTree repository",
  args: "TREEFILE",
  arity: [1, 1],
  options: {
    ...INSTALL_OPTIONS,
    ...COMMIT_OPTIONS,
    ...UNIFIED_CORE,
    ...NO_WAIT,
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile]) {
    const options = { ...installOptions(values), ...commitOptions(values) };
    if (!values["print-only"]) await becomeRoot(values.repo);
    const result = await composeTree({ treefile: treefile!, ...options, progress, signal });
    if (json && result.kind !== "printed") {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    if (result.kind !== "committed") {
      for (const line of formatUnmade(result, { imports: values["download-only"] })!) print(line);
      return 0;
    }
    const text = formatDropped(result.droppedFiles);
    if (text !== undefined) progress({ type: "message", level: "info", text });
    for (const line of formatCommitted(result)) print(line);
    return 0;
  },
});
