import { type Command, defineCommand } from "../command.ts";
import { PREVIEW_OPTIONS, runPreview, splitPackages } from "../preview_options.ts";

/** `apt-ostree install`. */
export const command: Command = defineCommand({
  name: "install",
  summary: "Overlay additional packages",
  args: "PACKAGE...",
  arity: [1, Infinity],
  options: {
    ...PREVIEW_OPTIONS,
    "uninstall": { type: "list", value: "PKG", help: "Remove overlaid additional package" },
    "allow-inactive": { type: "boolean", help: "Allow inactive package requests" },
    "idempotent": { type: "boolean", help: "Do nothing if package already (un)installed" },
  },
  run(context, values, args) {
    const edit = { verb: "install", ...splitPackages(args), uninstall: values.uninstall } as const;
    return runPreview(context, "install", values, edit);
  },
});
