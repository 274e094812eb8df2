import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { PREVIEW_OPTIONS, runPreview } from "../preview_options.ts";

/** `apt-ostree uninstall`. */
export const command: Command = defineCommand({
  name: "uninstall",
  summary: "Remove overlaid additional packages",
  args: "[PACKAGE...]",
  arity: [0, Infinity],
  options: {
    ...PREVIEW_OPTIONS,
    "install": { type: "list", value: "PKG", help: "Overlay additional package" },
    "all": { type: "boolean", help: "Remove all overlaid additional packages" },
    "allow-inactive": { type: "boolean", help: "Allow inactive package requests" },
    "idempotent": { type: "boolean", help: "Do nothing if package already (un)installed" },
  },
  run(context, values, args) {
    if ((args.length > 0) === values.all) {
      throw new CliError(
        "cli/bad-arguments",
        `Cannot run "uninstall": ${values.all ? "--all takes no packages" : "no package is named"}`,
        { subject: "uninstall", hint: "Name packages, or use --all" },
      );
    }
    const packages = values.all ? "all" : args;
    const edit = { verb: "uninstall", packages, install: values.install } as const;
    return runPreview(context, "uninstall", values, edit);
  },
});
