import { deployedPath, followDeployed } from "../packages/deployed_path.ts";
import type { Check } from "./check.ts";

/** Links below /etc that lead nowhere. */
export const etcLinks: Check = {
  name: "etc-links",
  severity: "warn",
  text:
    "Links below /etc that lead nowhere, but not to what each host makes in /var, /run or /home.",
  *find({ tree }) {
    if (!tree.isDir("usr/etc")) return;
    for (const [path, entry] of tree.walk("usr/etc")) {
      if (entry.type !== "file" || path.startsWith("usr/etc/alternatives/")) continue;
      const target = tree.linkTarget(path);
      // A unit is masked by a link to /dev/null.
      if (target === undefined || target === "/dev/null") continue;
      const { kind: end } = followDeployed(tree, deployedPath(path));
      if (end === "missing") yield { path, detail: `leads to ${target}, which is missing` };
      if (end === "endless") {
        yield { path, detail: `leads to ${target}, and from there in a circle` };
      }
    }
  },
};
