import { type Repo, Tree, type TreeChecksums } from "@apt-ostree/ostree";
import { committedCheckSettings } from "../checks/check_settings.ts";
import { kernelModules as check } from "../checks/kernel_modules.ts";
import { runChecks } from "../checks/run_checks.ts";
import { readCommittedTreefile } from "../compose/committed_treefile.ts";
import { LayerError } from "../error.ts";

/** Where every kernel lies with its modules. */
const DIRECTORY = "usr/lib/modules";

/**
 * Refuse a changed kernel that lacks what the treefile of the base asks for in `kernel-modules`, unless
 * the treefile makes light of that check.
 *
 * @param base Tree of the base. @param root The changed tree; both are written.
 * @throws {LayerError} `layer/kernel-modules`.
 */
export function checkLayeredKernel(repo: Repo, base: TreeChecksums, root: TreeChecksums): void {
  const tree = Tree.fromChecksums(repo, root);
  const before = Tree.fromChecksums(repo, base).lookup(DIRECTORY);
  const now = tree.lookup(DIRECTORY);
  const dirtree = (entry: typeof now) =>
    entry?.type === "dir" ? entry.checksums?.dirtree : undefined;
  if (dirtree(before) === dirtree(now)) return;
  const { filter, checks, kernelModules } = readCommittedTreefile(repo, tree);
  const input = { repo, tree, filter, kernelModules };
  const { findings } = runChecks(input, committedCheckSettings(checks), [check]);
  const errors = findings.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  const [{ path, detail }] = errors as [typeof errors[0]];
  const more = errors.length > 1 ? `, and ${errors.length - 1} more` : "";
  throw new LayerError(
    "layer/kernel-modules",
    `Cannot change the kernel of the base: "${path}" ${detail}${more}`,
    {
      subject: path,
      hint: "The base's treefile asks for it in kernel-modules: take a kernel with it",
    },
  );
}
