import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { PREVIEW_OPTIONS, runPreview, splitPackages } from "../preview_options.ts";

/** `apt-ostree override replace`. */
export const command: Command = defineCommand({
  name: "replace",
  summary: "Replace packages in the base layer",
  args: "PACKAGE...",
  arity: [1, Infinity],
  options: {
    ...PREVIEW_OPTIONS,
    "remove": { type: "list", value: "PKG", help: "Remove a package" },
  },
  run(context, values, args) {
    const edit = { verb: "override-replace", debs: onlyDebs(args), remove: values.remove } as const;
    return runPreview(context, "override replace", values, edit);
  },
});

/** Paths of .debs. @throws {CliError} `cli/bad-arguments` for all else. */
export function onlyDebs(args: readonly string[]): readonly string[] {
  const { packages: [name], debs } = splitPackages(args);
  if (name === undefined) return debs;
  throw new CliError("cli/bad-arguments", `Cannot replace by "${name}": it is no path of a .deb`, {
    subject: name,
    hint: `Name a file: ./${name}.deb`,
  });
}
