import { readSbom, requireOutputs, SBOM_FORMATS, writeOutput } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree compose sbom`. */
export const command: Command = defineCommand({
  name: "sbom",
  summary: "Write the bill of materials of a commit",
  args: "REV",
  arity: [1, 1],
  options: {
    repo: REPO_OPTION,
    format: {
      type: "string",
      short: "F",
      value: "FORMAT",
      help: "Format: spdx (2.3) or cyclonedx (1.6) (default: spdx)",
    },
    files: { type: "boolean", help: "List every file with its checksums" },
    output: { type: "string", short: "o", value: "FILE", help: "Write to FILE" },
  },
  async run({ print }, values, [rev]) {
    const { format = "spdx", files, output } = values;
    const known = SBOM_FORMATS.find((each) => each === format);
    if (known === undefined) {
      throw new CliError("cli/bad-option", `Cannot use format "${format}"`, {
        subject: format,
        hint: `Formats are ${SBOM_FORMATS.join(" and ")}`,
      });
    }
    requireOutputs(output);
    const text = await readSbom(openRepo(values.repo), rev!, known, { files });
    if (output === undefined) print(text.trimEnd());
    else writeOutput(output, text);
    return 0;
  },
});
