import type { PackageId } from "../import/package_ref.ts";
import { parseStanza, type Stanza } from "@apt-ostree/apt";
import { field } from "./status_file.ts";

/** A conffile as dpkg's status file records it. */
export interface RecordedConffile {
  /** Absolute path. */
  readonly path: string;
  /** MD5 of the text last shipped, in hexadecimal digits, or `newconffile` before configuration. */
  readonly md5: string;
  /** The installed version does not ship it any more, or another package took it over. */
  readonly obsolete: boolean;
  /** The installed version asks for its removal. */
  readonly removeOnUpgrade: boolean;
}

/** A package as dpkg's database of a tree has it. */
export class InstalledPackage {
  /** What tells it apart. */
  readonly id: PackageId;
  /** Name of its files below `info/`: with the architecture where several can be installed. */
  readonly databaseName: string;
  /** Last word of its `Status`: `installed`, `unpacked`, `config-files`… */
  readonly state: string;
  /** Whether the administrator wants it to stay as it is. */
  readonly held: boolean;
  /** Its stanza of the status file. */
  readonly stanza: string;
  #control: Stanza | undefined;

  /** Of a stanza; its fields are read when they are asked for. */
  constructor(stanza: string) {
    const architecture = field(stanza, "Architecture");
    const status = field(stanza, "Status").split(" ");
    this.id = { name: field(stanza, "Package"), version: field(stanza, "Version"), architecture };
    this.databaseName = databaseName(this.id, field(stanza, "Multi-Arch"));
    this.state = status.at(-1)!;
    this.held = status[0] === "hold";
    this.stanza = stanza;
  }

  /** Fields of its control file, and dpkg's own. */
  get control(): Stanza {
    return this.#control ??= parseStanza(`${this.stanza}\n`, `${this.id.name}: status`);
  }

  /** Its conffiles, in the order of the stanza. */
  get conffiles(): RecordedConffile[] {
    return parseRecordedConffiles(this.control.get("Conffiles") ?? "");
  }
}

/**
 * The package whose place another one takes; copies for several architectures, which stand side by
 * side, do not.
 */
export function findReplaced(
  pkg: Pick<InstalledPackage, "id" | "databaseName">,
  installed: readonly InstalledPackage[],
): InstalledPackage | undefined {
  const named = installed.filter(({ id }) => id.name === pkg.id.name);
  const same = named.find(({ id }) => id.architecture === pkg.id.architecture);
  const beside = (each: InstalledPackage) =>
    each.databaseName.includes(":") && pkg.databaseName.includes(":");
  return same ?? named.find((each) => !beside(each));
}

/** Name of a package's files below `info/`. @see dpkg, lib/dpkg/db-ctrl-format.c */
function databaseName(id: PackageId, multiArch: string): string {
  return multiArch === "same" ? `${id.name}:${id.architecture}` : id.name;
}

/** Read the value of the field `Conffiles`: path, digest and flags on a line. */
export function parseRecordedConffiles(value: string): RecordedConffile[] {
  const conffiles: RecordedConffile[] = [];
  for (const line of value.split("\n")) {
    const found = /^(\/.*?) (\S+)((?: obsolete| remove-on-upgrade)*)$/.exec(line.trim());
    if (!found) continue;
    conffiles.push({
      path: found[1]!,
      md5: found[2]!,
      obsolete: found[3]!.includes("obsolete"),
      removeOnUpgrade: found[3]!.includes("remove-on-upgrade"),
    });
  }
  return conffiles;
}
