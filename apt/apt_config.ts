import { quoted as inQuotes } from "@apt-ostree/base";
import { AptError } from "./error.ts";

/** What an isolated apt is told about its world. */
export interface AptConfig {
  /** Absolute path of the directory that holds everything of this apt. */
  readonly dir: string;
  /** dpkg name of the native architecture. */
  readonly architecture: string;
  readonly foreignArchitectures: readonly string[];
  /** Whether keys and passwords of the host serve too: trusted.gpg.d, auth.conf. */
  readonly hostTrust: boolean;
  /** Further settings, name and value, for example of proxies. */
  readonly extra: readonly (readonly [name: string, value: string])[];
}

/**
 * Text of the configuration file that makes an apt stay in its own directory.
 *
 * Everything that could lead to the machine it runs on is set: the directories, the status file, and
 * the options that any dpkg started by it would get.
 *
 * @see apt.conf(5)
 */
export function formatAptConfig(config: AptConfig): string {
  const { dir } = config;
  const settings: (readonly [name: string, value: string])[] = [
    ...isolation(dir),
    ["APT::Architecture", config.architecture],
    ["APT::Sandbox::User", ""],
    ["APT::Get::Assume-Yes", "true"],
    ["APT::Color", "0"],
    ["Acquire::Languages", "none"],
    ["Acquire::GzipIndexes", "false"],
    ["Acquire::Retries", "3"],
    ...STRICT,
    ["Dpkg::Use-Pty", "false"],
  ];
  if (config.hostTrust) {
    settings.push(["Dir::Etc::trusted", "/etc/apt/trusted.gpg"]);
    settings.push(["Dir::Etc::trustedparts", "/etc/apt/trusted.gpg.d"]);
    settings.push(["Dir::Etc::netrc", "/etc/apt/auth.conf"]);
    settings.push(["Dir::Etc::netrcparts", "/etc/apt/auth.conf.d"]);
  }
  settings.push(...config.extra.map(([name, value]): [string, string] => [name, value]));
  const lists: [name: string, values: readonly string[]][] = [
    ["APT::Architectures", [config.architecture, ...config.foreignArchitectures]],
    ["DPkg::Options", [`--root=${dir}`, `--admindir=${dir}/var/lib/dpkg`, "--force-not-root"]],
  ];
  return settings.map(([name, value]) => `${name} "${quoted(value)}";\n`).join("") +
    lists.map(([name, values]) =>
      `#clear ${name};\n${name} { ${values.map((v) => `"${quoted(v)}";`).join(" ")} };\n`
    ).join("");
}

/** The settings that keep an apt in its directory, whatever else it may have been told. */
export function isolation(dir: string): readonly (readonly [name: string, value: string])[] {
  return [
    ["Dir", dir],
    ["Dir::Etc", `${dir}/etc/apt`],
    ["Dir::State", `${dir}/var/lib/apt`],
    ["Dir::State::status", `${dir}/var/lib/dpkg/status`],
    ["Dir::Cache", `${dir}/var/cache/apt`],
    ["Dir::Log", `${dir}/var/log/apt`],
  ];
}

/** apt's own defaults, which only an option of a source may weaken; a host may have others. */
const STRICT: readonly [name: string, value: string][] = [
  ["Acquire::Check-Valid-Until", "true"],
  ["Acquire::Check-Date", "true"],
  ["Acquire::AllowInsecureRepositories", "false"],
  ["Acquire::AllowWeakRepositories", "false"],
  ["Acquire::AllowDowngradeToInsecureRepositories", "false"],
];

/** The host's settings that say how to reach archives, from the output of `apt-config dump`. */
export function hostTransport(dump: string): [name: string, value: string][] {
  return settings(dump, /^Acquire::((http|https|ftp|socks)::.+|ForceIPv[46])$/i);
}

/** The host's settings that say whether its sources may be out of date, likewise. */
export function hostDateChecks(dump: string): [name: string, value: string][] {
  return settings(dump, /^Acquire::(Check-Valid-Until|Check-Date)$/i);
}

function settings(dump: string, wanted: RegExp): [name: string, value: string][] {
  return dump.split("\n").flatMap((line) => {
    const found = /^(\S+) "(.*)";$/.exec(line);
    const [, name = "", value = ""] = found ?? [];
    return wanted.test(name) && value !== "" && !name.endsWith("::") ? [[name, value]] : [];
  });
}

function quoted(value: string): string {
  if (/["\n]/.test(value)) {
    throw new AptError("apt/failed", `Cannot configure apt with ${inQuotes(value)}`, {
      subject: value,
      hint: "No quotation mark and no line break can stand in a path or setting of apt",
    });
  }
  return value;
}
