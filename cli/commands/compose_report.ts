import { commitReport, requireOutputs, writeOutput } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree compose report`. */
export const command: Command = defineCommand({
  name: "report",
  summary: "Write a page about a commit: sizes, changes, scripts, checks",
  args: "REV",
  arity: [1, 1],
  options: {
    repo: REPO_OPTION,
    compare: { type: "string", value: "REV", help: "Show what changed since REV" },
    output: { type: "string", short: "o", value: "FILE", help: "Write to FILE" },
  },
  run({ print }, values, [rev]) {
    requireOutputs(values.output);
    const page = commitReport(openRepo(values.repo), rev!, values.compare);
    if (values.output === undefined) print(page.trimEnd());
    else writeOutput(values.output, page);
    return Promise.resolve(0);
  },
});
