import type { Check } from "./check.ts";
import { GENERATED_FILES } from "./generated_files.ts";
import { matchesAny, pathPattern } from "./path_pattern.ts";

const GENERATED = GENERATED_FILES.map(({ path }) => pathPattern(path));

/** Files that belong to no package. */
export const unownedFiles: Check = {
  name: "unowned-files",
  severity: "warn",
  text: "Files that belong to no package and that no script of Debian is known to make: nobody " +
    "removes or mends them.",
  *find({ tree, owners }) {
    for (const [path, entry] of tree.walk()) {
      if (entry.type !== "file" || owners.has(path) || matchesAny(path, GENERATED)) continue;
      if (tree.linkTarget(path)?.startsWith("/etc/alternatives/")) continue;
      yield { path, detail: "belongs to no package" };
    }
  },
};
