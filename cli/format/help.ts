import { type Command, GLOBAL_OPTIONS, type OptionTable } from "../command.ts";

/** Help of one command. @param path How it is called, for example `compose tree`. */
export function formatCommandHelp(path: string, command: Command): string {
  return [
    `Usage:\n  apt-ostree ${path} [OPTION…]${command.args === "" ? "" : ` ${command.args}`}\n`,
    `${command.summary}\n`,
    `Options:\n${formatOptions({ ...command.options, ...GLOBAL_OPTIONS })}`,
  ].join("\n");
}

/** Help of a group of commands. @param path "" for the program itself. */
export function formatGroupHelp(
  path: string,
  commands: readonly { readonly name: string; readonly summary: string }[],
): string {
  const name = path === "" ? "apt-ostree" : `apt-ostree ${path}`;
  const list = commands.map((each) => `  ${each.name.padEnd(23)} ${each.summary}`).sort().join(
    "\n",
  );
  return [
    `Usage:\n  ${name} [OPTION…] COMMAND\n`,
    `${path === "" ? "Builtin Commands" : "Builtin Commands"}:\n${list}\n`,
    `Options:\n${formatOptions(GLOBAL_OPTIONS)}`,
  ].join("\n");
}

function formatOptions(table: OptionTable): string {
  const shown = Object.entries(table).filter(([, option]) => !option.hidden).map(
    ([name, option]) => {
      const short = option.short === undefined ? "    " : `-${option.short}, `;
      const value = option.type === "boolean" ? "" : `=${option.value ?? "VALUE"}`;
      return { left: `  ${short}--${name}${value}`, help: option.help };
    },
  );
  const width = Math.min(40, Math.max(...shown.map(({ left }) => left.length)));
  return shown.map(({ left, help }) => `${left.padEnd(width)}  ${help}`).join("\n");
}
