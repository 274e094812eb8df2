import type { Transaction, Tree } from "@apt-ostree/ostree";
import { writeTreeText } from "../../assemble/tree_text.ts";
import { STATE_OVERLAY_SCRIPT } from "./state_overlay_script.ts";

const UNITS = "usr/lib/systemd/system";
const WANTED_BY = `${UNITS}/local-fs.target.requires`;

/** libostree's own template, which Debian has from release 13 on, and ours for those without it. */
const TEMPLATES = ["ostree-state-overlay@", "apt-ostree-state-overlay@"] as const;

/** Instances of the template: directories of the image, as systemd-escape(1) writes them. */
const INSTANCES = ["usr-lib-opt", "usr-local"];

const SCRIPT = "usr/libexec/apt-ostree/state-overlay";

const UNIT = `# Written by apt-ostree, for an ostree without ostree-state-overlay@.service.
[Unit]
Description=State of this host over /%I
DefaultDependencies=no
ConditionPathExists=/run/ostree-booted
RequiresMountsFor=/var
After=ostree-remount.service
Before=local-fs.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/${SCRIPT} %i /%I
`;

/**
 * Make /opt and /usr/local directories of the image that hosts write above: /opt leads to /usr/lib/opt,
 * and a unit for each of both mounts an overlay there before local-fs.target.
 */
export function writeStateOverlays(txn: Transaction, tree: Tree): void {
  tree.mkdir("usr/lib/opt");
  for (const [name] of tree.isDir("opt") ? tree.list("opt") : []) {
    tree.rename(`opt/${name}`, `usr/lib/opt/${name}`);
  }
  tree.remove("opt");
  tree.putLink(txn, "opt", OPT_TARGET);
  tree.mkdir("usr/local");
  const template = TEMPLATES.find((each) => tree.lookup(`${UNITS}/${each}.service`)) ??
    TEMPLATES[1];
  if (template === TEMPLATES[1]) {
    writeTreeText(txn, tree, `${UNITS}/${template}.service`, UNIT);
    writeTreeText(txn, tree, SCRIPT, STATE_OVERLAY_SCRIPT, 0o755);
  }
  tree.mkdir(WANTED_BY);
  for (const instance of INSTANCES) {
    tree.putLink(txn, `${WANTED_BY}/${template}${instance}.service`, `../${template}.service`);
  }
}

/** Whether a tree in the form that libostree deploys has what {@linkcode writeStateOverlays} wrote. */
export function hasStateOverlays(tree: Tree): boolean {
  return tree.linkTarget("opt") === OPT_TARGET;
}

/** Take out what {@linkcode writeStateOverlays} wrote; /opt is a directory again. */
export function removeStateOverlays(tree: Tree): void {
  if (!hasStateOverlays(tree)) return;
  tree.remove("opt");
  tree.rename("usr/lib/opt", "opt");
  const [, own] = TEMPLATES;
  for (const path of [`${UNITS}/${own}.service`, SCRIPT]) tree.remove(path);
  for (const template of TEMPLATES) {
    for (const instance of INSTANCES) tree.remove(`${WANTED_BY}/${template}${instance}.service`);
  }
  for (const dir of [WANTED_BY, SCRIPT.slice(0, SCRIPT.lastIndexOf("/"))]) {
    if (tree.isDir(dir) && tree.list(dir).length === 0) tree.remove(dir);
  }
}

const OPT_TARGET = "usr/lib/opt";
