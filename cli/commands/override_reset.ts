import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { PREVIEW_OPTIONS, runPreview } from "../preview_options.ts";

/** `apt-ostree override reset`. */
export const command: Command = defineCommand({
  name: "reset",
  summary: "Reset currently active package overrides",
  args: "[PACKAGE...]",
  arity: [0, Infinity],
  options: {
    ...PREVIEW_OPTIONS,
    "all": { type: "boolean", short: "a", help: "Reset all active overrides" },
  },
  run(context, values, args) {
    if ((args.length > 0) === values.all) {
      throw new CliError(
        "cli/bad-arguments",
        `Cannot run "override reset": ${
          values.all ? "--all takes no packages" : "no package is named"
        }`,
        { subject: "override reset", hint: "Name packages, or use --all" },
      );
    }
    const edit = { verb: "override-reset", packages: values.all ? "all" : args } as const;
    return runPreview(context, "override reset", values, edit);
  },
});
