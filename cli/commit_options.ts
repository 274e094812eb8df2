import type { CommitOptions } from "@apt-ostree/core";
import type { OptionTable, OptionValues } from "./command.ts";
import { given, parsePairs } from "./option_values.ts";

/** Options of commands that commit a tree. */
export const COMMIT_OPTIONS = {
  "write-commitid-to": {
    type: "string",
    value: "FILE",
    help: "Write the commit's checksum to FILE, and no ref",
  },
  "write-composejson-to": {
    type: "string",
    value: "FILE",
    help: "Write facts about the commit to FILE as JSON",
  },
  "add-metadata-from-json": {
    type: "list",
    value: "FILE",
    help: "Add the map in a JSON file to the commit's metadata",
  },
  "add-metadata-string": { type: "list", value: "KEY=VALUE", help: "Add metadata to the commit" },
  "parent": { type: "string", value: "REV", help: "Parent of the commit" },
  "no-parent": { type: "boolean", help: "Write a commit without a parent" },
} as const satisfies OptionTable;

/** What the options say. @throws {CliError} `cli/bad-option`. */
export function commitOptions(values: OptionValues<typeof COMMIT_OPTIONS>): CommitOptions {
  return {
    noParent: values["no-parent"],
    addMetadataFrom: values["add-metadata-from-json"],
    addMetadata: parsePairs("add-metadata-string", values["add-metadata-string"]),
    ...given({
      writeCommitidTo: values["write-commitid-to"],
      writeComposejsonTo: values["write-composejson-to"],
      parent: values.parent,
    }),
  };
}
