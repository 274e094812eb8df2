import { byteText } from "./byte_text.ts";
import type { Check } from "./check.ts";

/** Paths of the machine that composed. */
export const buildPaths: Check = {
  name: "build-paths",
  severity: "warn",
  text: "Directories of the machine that composed, named in files: no host has them, and another " +
    "machine would make another commit.",
  unable: ({ buildPaths }) =>
    buildPaths === undefined ? "a commit does not say where it was composed" : undefined,
  *find(context) {
    // A short path, such as /srv, is named for other reasons.
    const paths = (context.buildPaths ?? []).filter((path) => path.split("/").length > 2);
    const needles = paths.map((path) => [path, byteText(new TextEncoder().encode(path))] as const);
    for (const [path, bytes] of context.searchedFiles()) {
      const text = byteText(bytes);
      const found = needles.find(([, needle]) => text.includes(needle));
      if (found) yield { path, detail: `names ${found[0]}, where it was composed` };
    }
  },
};
