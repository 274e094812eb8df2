import { readStatus } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatStatus } from "../format/status.ts";

/** `apt-ostree status`. */
export const command: Command = defineCommand({
  name: "status",
  summary: "Get the version of the booted system",
  args: "",
  arity: [0, 0],
  options: {
    "sysroot": { type: "string", value: "SYSROOT", help: "Use system root SYSROOT (default: /)" },
    "verbose": { type: "boolean", short: "v", help: "Print additional fields" },
    "json": { type: "boolean", help: "Output JSON" },
    "booted": { type: "boolean", short: "b", help: "Only print the booted deployment" },
    "pending-exit-77": { type: "boolean", help: "If pending deployment available, exit 77" },
  },
  run({ print }, values) {
    if (values.sysroot === undefined) requireBooted();
    const status = readStatus(values.sysroot ?? "/");
    const deployments = status.deployments.filter((each) => !values.booted || each.booted);
    if (values.json) print(JSON.stringify({ ...status, deployments }, null, 2));
    else print(formatStatus(status, values));
    const [first] = status.deployments;
    const pending = status.deployments.length > 1 && first?.booted === false;
    return Promise.resolve(values["pending-exit-77"] && pending ? 77 : 0);
  },
});

/** Commands that work on the running system need one that libostree has booted. */
function requireBooted(): void {
  try {
    Deno.statSync("/run/ostree-booted");
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    const container = Deno.env.get("container");
    const found = container === undefined
      ? ""
      : `; found container=${container} in the environment`;
    throw new CliError("cli/not-booted", `This system was not booted via libostree${found}`, {
      hint: "Name another root with --sysroot=DIR",
    });
  }
}
