import { type Command, defineCommand } from "../command.ts";
import { PREVIEW_OPTIONS, runPreview } from "../preview_options.ts";
import { onlyDebs } from "./override_replace.ts";

/** `apt-ostree override remove`. */
export const command: Command = defineCommand({
  name: "remove",
  summary: "Remove packages from the base layer",
  args: "PACKAGE...",
  arity: [1, Infinity],
  options: {
    ...PREVIEW_OPTIONS,
    "replace": { type: "list", value: "DEB", help: "Replace a package" },
  },
  run(context, values, args) {
    const replace = onlyDebs(values.replace);
    const edit = { verb: "override-remove", packages: args, replace } as const;
    return runPreview(context, "override remove", values, edit);
  },
});
