import { checkCommit } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { formatFindings } from "../format/findings.ts";
import { openRepo, REPO_OPTION } from "../system_repo.ts";

/** `apt-ostree compose check`. */
export const command: Command = defineCommand({
  name: "check",
  summary: "Look through a commit for what hosts must not share, and what is broken",
  args: "REV",
  arity: [1, 1],
  options: {
    repo: REPO_OPTION,
    strict: { type: "boolean", help: "Allow nothing that the commit's own treefile allows" },
    json: { type: "boolean", help: "Output JSON" },
  },
  run({ print }, values, [rev]) {
    const report = checkCommit(openRepo(values.repo), rev!, { strict: values.strict });
    if (values.json) print(JSON.stringify(report, null, 2));
    else {
      const text = formatFindings(report, true);
      if (text !== "") print(text);
      print(`${report.done.length} checks, ${report.findings.length} found`);
      for (const { check, reason } of report.skipped) print(`Not checked: ${check}: ${reason}`);
    }
    const failed = report.findings.some(({ severity }) => severity === "error");
    return Promise.resolve(failed ? 1 : 0);
  },
});
