import { committedPath, deployedPath, followDeployed } from "../packages/deployed_path.ts";
import type { Check } from "./check.ts";
import type { CheckContext } from "./check_context.ts";
import { GENERATED_FILES } from "./generated_files.ts";
import { matchesAny, pathPattern } from "./path_pattern.ts";

const GENERATED = GENERATED_FILES.map(({ path }) => pathPattern(path));

/** Where ucf notes the configuration files that it has written, and for which package. */
const UCF_REGISTRY = "usr/lib/sysimage/ucf/registry";

/** Files that belong to no package. */
export const unownedFiles: Check = {
  name: "unowned-files",
  severity: "warn",
  text: "Files that belong to no package and that no script of Debian is known to make: nobody " +
    "removes or mends them.",
  *find(context) {
    const { tree, owners } = context;
    const registered = ucfFiles(context);
    const isKnown = (path: string) =>
      owners.has(path) || registered.has(path) || matchesAny(path, GENERATED);
    for (const [path, entry] of tree.walk()) {
      if (entry.type !== "file" || isKnown(path)) continue;
      const target = tree.linkTarget(path);
      if (target?.startsWith("/etc/alternatives/")) continue;
      // A link in /etc switches on what a package ships: a site, a module, a service.
      if (target !== undefined && path.startsWith("usr/etc/")) {
        const end = followDeployed(tree, deployedPath(path));
        if (end.kind === "there" && isKnown(committedPath(end.path))) continue;
      }
      yield { path, detail: "belongs to no package" };
    }
  },
};

/** @see ucf(1) */
function ucfFiles(context: CheckContext): ReadonlySet<string> {
  const lines = (context.text(UCF_REGISTRY) ?? "").split("\n");
  return new Set(lines.flatMap((line) => {
    const path = /^\S+\s+(\/\S.*)$/.exec(line)?.[1];
    return path === undefined ? [] : [committedPath(path)];
  }));
}
