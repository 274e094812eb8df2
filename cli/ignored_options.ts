import type { OptionDefinition, OptionTable } from "./command.ts";

const flag = (short?: string): OptionDefinition => ({
  type: "boolean",
  help: "No effect",
  hidden: true,
  ...(short === undefined ? {} : { short }),
});
const value = (aliases: readonly string[] = []): OptionDefinition => ({
  type: "list",
  help: "No effect",
  hidden: true,
  aliases,
});

/** Options that rpm-ostree's commands take for its daemon, and that say nothing here. */
export const DAEMON_OPTIONS: OptionTable = {
  "stateroot": value(["os"]),
  "peer": flag(),
};

/** Options of `install` and `uninstall` that rpm-ostree lets pass elsewhere, without effect. */
export const IGNORED_INSTALL_OPTIONS: OptionTable = {
  ...DAEMON_OPTIONS,
  "all": flag(),
  "allow-inactive": flag(),
  "apply-live": flag("A"),
  "assumeyes": flag("y"),
  "disablerepo": value(),
  "download-only": flag(),
  "dry-run": flag("n"),
  "enablerepo": value(),
  "force-replacefiles": flag(),
  "idempotent": flag(),
  "install": value(),
  "lock-finalization": flag(),
  "reboot": flag("r"),
  "releasever": value(),
  "unchanged-exit-77": flag(),
  "uninstall": value(),
};
