import { hasStateOverlays } from "../compose/postprocess/state_overlays.ts";
import type { Check } from "./check.ts";
import type { CheckContext } from "./check_context.ts";

const DIRECTORY = "usr/lib/modules";

/** Modules that the treefile asks for, and that no kernel of the tree can load. */
export const kernelModules: Check = {
  name: "kernel-modules",
  severity: "error",
  text: "Modules of the treefile's kernel-modules that the kernel has neither built in nor as " +
    "files that modprobe finds; the same of those that they need.",
  *find(context) {
    const wanted = wantedModules(context);
    if (wanted.length === 0) return;
    const releases = kernelReleases(context);
    if (releases.length === 0) {
      yield { path: DIRECTORY, detail: `has no kernel for the modules ${wanted.join(", ")}` };
    }
    for (const release of releases) {
      const dir = `${DIRECTORY}/${release}`;
      const kernel = readModules(context, dir);
      for (const name of wanted) {
        const detail = whyMissing(context, dir, kernel, name);
        if (detail !== undefined) yield { path: dir, detail };
      }
    }
  },
};

/** What modprobe knows of a kernel's modules. */
interface KernelModules {
  /** Names of modules that are part of the kernel. */
  readonly builtin: ReadonlySet<string>;
  /** By name: the file, and the files that it needs; paths below the kernel's directory. */
  readonly loadable: ReadonlyMap<string, readonly string[]>;
}

/** @see modules.builtin, modules.dep(5) */
function readModules(context: CheckContext, dir: string): KernelModules {
  const lines = (file: string) =>
    (context.text(`${dir}/${file}`) ?? "").split("\n").filter((line) => line !== "");
  return {
    builtin: new Set(lines("modules.builtin").map(moduleName)),
    loadable: new Map(
      lines("modules.dep").map((line) => {
        const [file = "", needs = ""] = line.split(":");
        return [moduleName(file), [file, ...needs.split(" ").filter((each) => each !== "")]];
      }),
    ),
  };
}

function whyMissing(
  context: CheckContext,
  dir: string,
  { builtin, loadable }: KernelModules,
  name: string,
): string | undefined {
  const plain = moduleName(name);
  const known = builtin.has(plain) || loadable.has(plain);
  let reason = `lacks the module ${name}`;
  for (const each of known ? [plain] : aliasedModules(context, dir, plain)) {
    if (builtin.has(each)) return undefined;
    const files = loadable.get(each);
    if (!files) continue;
    const absent = files.find((file) => context.tree.lookup(`${dir}/${file}`)?.type !== "file");
    if (absent === undefined) return undefined;
    reason = `lacks ${absent} for the module ${name}`;
  }
  return reason;
}

/**
 * Modules that modprobe loads by another name, such as `ext3`; of patterns, which stand for devices, none.
 *
 * @see modules.alias, modules.builtin.modinfo, modprobe.d(5)
 */
function aliasedModules(context: CheckContext, dir: string, alias: string): string[] {
  const files = (context.text(`${dir}/modules.alias`) ?? "").split("\n").map((line) =>
    /^alias (\S+) (\S+)$/.exec(line)?.slice(1) ?? []
  );
  const builtin = (context.text(`${dir}/modules.builtin.modinfo`) ?? "").split("\0").map((field) =>
    /^([^.]+)\.alias=(.+)$/s.exec(field)?.slice(1).reverse() ?? []
  );
  return [...files, ...builtin].flatMap(([name, module]) =>
    name !== undefined && moduleName(name) === alias ? [moduleName(module!)] : []
  );
}

/** Name of a module, by its file or by how people write it: `-` and `_` mean the same. */
function moduleName(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.ko(\.(xz|zst|gz))?$/, "").replaceAll("-", "_");
}

/** State overlays need theirs where there is a kernel at all. */
function wantedModules(context: CheckContext): string[] {
  const { kernelModules, tree } = context;
  const overlays = hasStateOverlays(tree) && kernelReleases(context).length > 0;
  return [...new Set([...kernelModules, ...overlays ? ["overlay"] : []])];
}

/** Releases that boot, and those of trees for containers. */
function kernelReleases(context: CheckContext): string[] {
  return context.names(DIRECTORY).filter((release) =>
    context.tree.lookup(`${DIRECTORY}/${release}/vmlinuz`) ||
    context.tree.lookup(`boot/vmlinuz-${release}`)
  );
}
