import { refreshMetadata } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { DAEMON_OPTIONS } from "../ignored_options.ts";

/** `apt-ostree refresh-md`. */
export const command: Command = defineCommand({
  name: "refresh-md",
  summary: "Generate apt package lists",
  args: "",
  arity: [0, 1], // rpm-ostree lets one stray argument pass
  options: {
    ...DAEMON_OPTIONS,
    "sysroot": { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
    "force": { type: "boolean", short: "f", help: "Expire current cache" },
  },
  async run({ progress, signal }, { sysroot, force }) {
    await refreshMetadata({
      force,
      progress,
      signal,
      ...(sysroot === undefined ? {} : { sysroot }),
    });
    return 0;
  },
});
