/** Programs that the project starts. */
const PROGRAMS = ["apt-get", "apt-cache", "apt-config", "/usr/lib/apt/apt-helper"];
/** What apt itself starts in turn, with its own configuration in a file, to check a signature. */
const VERIFIER = /^apt-key --quiet --readonly .* verify |^apt-config shell /;

/** A command line that reached apt or dpkg. */
export interface AptCall {
  /** Program and arguments. */
  readonly argv: readonly string[];
  /** `APT_CONFIG` of its environment; "" where that was not set. */
  readonly configFile: string;
  /** Text of that file at that moment. */
  readonly config: string;
}

/**
 * Why a command line could change the machine it runs on; `undefined` where it cannot.
 *
 * Good are the reading, simulating and downloading commands of apt whose configuration sets every
 * directory, the status file, and the root of any dpkg, and that name the directories themselves too. No
 * command line of dpkg is good.
 *
 * @param isolated Whether an isolated apt may lie in a directory.
 */
export function faultOfCall(
  { argv, configFile, config }: AptCall,
  isolated: (dir: string) => boolean,
): string | undefined {
  const [program = "", ...args] = argv;
  const line = argv.join(" ");
  if (!PROGRAMS.includes(program) && !VERIFIER.test(line)) return `it runs ${line}`;
  if (program === "apt-config" && configFile === "/dev/null") {
    // Told the architectures, it does not ask dpkg.
    return /^-o APT::Architectures::=[a-z0-9-]+ dump$/.test(args.join(" ")) ? undefined : line;
  }
  const dir = /^Dir "(.+)";$/m.exec(config)?.[1];
  if (dir === undefined || !isolated(dir)) return `with APT_CONFIG="${configFile}" it runs ${line}`;
  const settings = [
    `Dir::Etc "${dir}/etc/apt";`,
    `Dir::State "${dir}/var/lib/apt";`,
    `Dir::State::status "${dir}/var/lib/dpkg/status";`,
    `Dir::Cache "${dir}/var/cache/apt";`,
    `Dir::Log "${dir}/var/log/apt";`,
    `"--root=${dir}";`,
    `"--admindir=${dir}/var/lib/dpkg";`,
  ];
  const lacking = settings.find((setting) => !config.includes(setting));
  if (lacking !== undefined) return `its configuration lacks ${lacking}`;
  if (VERIFIER.test(line)) return undefined;
  if (configFile !== `${dir}/apt.conf`) return `with APT_CONFIG="${configFile}" it runs ${line}`;
  const end = args.indexOf("--");
  const options = end < 0 ? args : args.slice(0, end);
  const named = [
    `-oDir=${dir}`,
    `-oDir::Etc=${dir}/etc/apt`,
    `-oDir::State=${dir}/var/lib/apt`,
    `-oDir::State::status=${dir}/var/lib/dpkg/status`,
    `-oDir::Cache=${dir}/var/cache/apt`,
    `-oDir::Log=${dir}/var/log/apt`,
  ];
  const unnamed = named.find((word) => !options.includes(word));
  if (unnamed !== undefined) return `it lacks ${unnamed}: ${line}`;
  const harmful = options.find((word) =>
    /^--?(reinstall|download-only|purge|config-file|c)/.test(word) ||
    (/^(-o=?)?(Dir|DPkg|APT::Update)/i.test(word) && !named.includes(word))
  );
  if (harmful !== undefined) return `it has ${harmful}: ${line}`;
  if (program === "/usr/lib/apt/apt-helper") {
    return args.includes("download-file") ? undefined : line;
  }
  if (program !== "apt-get") return undefined;
  const kind = options.filter((word) => !word.startsWith("-") && !word.includes("::"));
  if (!kind.includes("install")) {
    const asked = kind[0] === "download" && options.includes("--print-uris");
    return asked || ["update", "indextargets"].includes(kind[0] ?? "") ? undefined : line;
  }
  const harmless = options.includes("--simulate") || options.includes("--print-uris");
  return end > 0 && harmless ? undefined : `it would install: ${line}`;
}
