import type { Check } from "./check.ts";

/** Content below /var. */
export const varContent: Check = {
  name: "var-content",
  severity: "warn",
  text: "Anything below /var: a host gets it at its first deployment and never again, so that an " +
    "upgrade cannot change it.",
  *find({ tree }) {
    if (!tree.isDir("var")) return;
    for (const [path, entry] of tree.walk("var")) {
      if (entry.type === "file") yield { path, detail: "does not reach hosts that upgrade" };
      else if (tree.list(path).length === 0) {
        yield { path, detail: "is an empty directory that hosts which upgrade do not get" };
      }
    }
  },
};
