import { deployedPath, followDeployed } from "../packages/deployed_path.ts";
import type { Check } from "./check.ts";
import type { CheckContext } from "./check_context.ts";

const DIRECTORY = "usr/etc/alternatives";

/** Links of `update-alternatives` that lead nowhere. */
export const alternatives: Check = {
  name: "alternatives",
  severity: "warn",
  text:
    "Links of update-alternatives that lead nowhere; those to documentation that was left out " +
    "do not count.",
  *find(context) {
    for (const name of context.names(DIRECTORY)) {
      const path = `${DIRECTORY}/${name}`;
      const target = context.tree.linkTarget(path);
      if (target !== undefined && isDangling(context, path)) {
        yield { path, detail: `leads to ${target}, which is missing` };
      }
    }
    for (const { path, type, target = "" } of context.special) {
      if (type !== "symlink" || path.startsWith(`${DIRECTORY}/`)) continue;
      // What the link of the same name leads to is judged above.
      if (context.tree.lookup(`usr${target}`) === undefined && context.filter.keepsFile(path)) {
        yield { path, detail: `leads to ${target}, which is missing` };
      }
    }
  },
};

function isDangling(context: CheckContext, path: string): boolean {
  const target = context.tree.linkTarget(path)!.replace(/^\/+/, "");
  return followDeployed(context.tree, deployedPath(path)).kind === "missing" &&
    context.filter.keepsFile(target);
}
