import { becomeRoot, composeTree } from "@apt-ostree/core";
import { type Command, defineCommand } from "../command.ts";
import { CliError } from "../error.ts";
import { formatFindings } from "../format/findings.ts";
import { formatDiffBlock } from "../format/packages.ts";

/** `apt-ostree compose tree`. */
export const command: Command = defineCommand({
  name: "tree",
  summary: "Process a treefile and commit the result to an OSTree repository",
  args: "TREEFILE",
  arity: [1, 1],
  options: {
    "repo": { type: "string", short: "r", value: "REPO", help: "Repository that takes the commit" },
    "source-root": {
      type: "string",
      value: "PATH",
      help: "Use the package sources of the system at PATH where the treefile names none",
    },
    "cachedir": { type: "string", value: "DIR", help: "Keep downloads and imported packages here" },
    "cache-only": { type: "boolean", help: "Use no network" },
    "force-nocache": { type: "boolean", help: "Compose even if nothing has changed" },
    "download-only": { type: "boolean", help: "Stop once the packages are imported" },
    "download-only-debs": {
      type: "boolean",
      help: "Stop once the packages are downloaded",
      aliases: ["download-only-rpms"],
    },
    "touch-if-changed": {
      type: "string",
      value: "FILE",
      help: "Make the date of FILE now if something has changed; with --dry-run if it would",
    },
    "previous-commit": {
      type: "string",
      value: "COMMIT",
      help: "Look for changes against this commit",
    },
    "previous-inputhash": {
      type: "string",
      value: "DIGEST",
      help: "Look for changes against this input hash",
    },
    "previous-version": {
      type: "string",
      value: "VERSION",
      help: "Count the version on from this one",
    },
    "workdir": {
      type: "string",
      value: "DIR",
      help: "No effect: work is done in the cache",
      hidden: true,
    },
    "workdir-tmpfs": { type: "boolean", help: "No effect", hidden: true },
    "disable-selinux": { type: "boolean", help: "No effect: files get no labels", hidden: true },
    "layer-repo": {
      type: "string",
      value: "REPO",
      help: "Repository of ostree-layers and ostree-override-layers",
    },
    "print-only": { type: "boolean", help: "Print the merged treefile and stop" },
    "dry-run": { type: "boolean", help: "Print the packages and stop" },
    "write-commitid-to": {
      type: "string",
      value: "FILE",
      help: "Write the commit's checksum to FILE, and no ref",
    },
    "ex-write-lockfile-to": { type: "string", value: "FILE", help: "Write a lockfile to FILE" },
    "ex-lockfile": {
      type: "list",
      value: "FILE",
      help: "Use the versions that FILE names, as --ex-write-lockfile-to wrote it",
    },
    "ex-lockfile-strict": {
      type: "boolean",
      help: "With --ex-lockfile, install nothing that it does not name",
    },
    "write-composejson-to": {
      type: "string",
      value: "FILE",
      help: "Write facts about the commit to FILE as JSON",
    },
    "add-metadata-from-json": {
      type: "list",
      value: "FILE",
      help: "Add the map in a JSON file to the commit's metadata",
    },
    "add-metadata-string": { type: "list", value: "KEY=VALUE", help: "Add metadata to the commit" },
    "parent": { type: "string", value: "REV", help: "Parent of the commit" },
    "no-parent": { type: "boolean", help: "Write a commit without a parent" },
    "proxy": { type: "string", value: "PROXY", help: "HTTP proxy" },
    "unified-core": {
      type: "boolean",
      help: "No effect: there is no other way",
      hidden: true,
      aliases: ["ex-unified-core"],
    },
    "no-wait": {
      type: "boolean",
      help: "Fail if another compose is at work there, instead of waiting",
    },
    "json": { type: "boolean", help: "Show progress and result as JSON lines" },
  },
  async run({ print, progress, signal, json }, values, [treefile]) {
    if (values["ex-lockfile-strict"] && values["ex-lockfile"].length === 0) {
      throw new CliError(
        "cli/bad-option",
        "Cannot use --ex-lockfile-strict without --ex-lockfile",
        {
          subject: "--ex-lockfile-strict",
          hint: "Name the lockfile",
        },
      );
    }
    if (!values["print-only"]) await becomeRoot(values.repo);
    const epoch = Deno.env.get("SOURCE_DATE_EPOCH");
    const result = await composeTree({
      treefile: treefile!,
      cacheOnly: values["cache-only"],
      forceNocache: values["force-nocache"],
      printOnly: values["print-only"],
      dryRun: values["dry-run"],
      noWait: values["no-wait"],
      noParent: values["no-parent"],
      lockfiles: values["ex-lockfile"],
      lockfileStrict: values["ex-lockfile-strict"],
      addMetadataFrom: values["add-metadata-from-json"],
      ...given({
        repo: values.repo,
        cachedir: values.cachedir,
        sourceRoot: values["source-root"],
        writeCommitidTo: values["write-commitid-to"],
        writeLockfileTo: values["ex-write-lockfile-to"],
        parent: values.parent,
        proxy: values.proxy,
        touchIfChanged: values["touch-if-changed"],
        previousCommit: values["previous-commit"],
        previousInputhash: values["previous-inputhash"],
        previousVersion: values["previous-version"],
        layerRepo: values["layer-repo"],
        writeComposejsonTo: values["write-composejson-to"],
        downloadOnly: downloadOnly(values),
      }),
      addMetadata: Object.fromEntries(values["add-metadata-string"].map(pair)),
      ...(epoch === undefined ? {} : { sourceDateEpoch: parseEpoch(epoch) }),
      progress,
      signal,
    });
    if (json && result.kind !== "printed") {
      print(JSON.stringify({ v: 1, type: "result", ...result }));
      return 0;
    }
    switch (result.kind) {
      case "printed":
        print(result.text.trimEnd());
        break;
      case "dry-run":
        print(
          result.packages.length === 0
            ? "Empty transaction"
            : `Installing ${result.packages.length} packages:`,
        );
        for (const each of result.packages.toSorted((a, b) => a.name < b.name ? -1 : 1)) {
          print(`  ${each.name}_${each.version}_${each.architecture} (${each.source})`);
        }
        break;
      case "downloaded":
        print(
          values["download-only"]
            ? `${result.packages.length} packages, ${result.imported} newly imported`
            : `${result.packages.length} packages in ${result.directory}`,
        );
        break;
      case "unchanged":
        print(`No changes since ${result.commit ? `commit ${result.commit}` : "that input hash"}`);
        if (result.ref !== undefined) print(`${result.ref} => ${result.commit}`);
        break;
      case "committed":
        print(`Input hash: ${result.inputHash}`);
        print(`${result.packages} packages, ${result.imported} newly imported`);
        if (result.difference.added.length < result.packages) {
          const text = formatDiffBlock(result.difference);
          if (text !== "") print(text);
        }
        if (result.droppedFiles.length > 0) {
          const text = `Not kept, made again on each host: ${result.droppedFiles.join(", ")}`;
          progress({ type: "message", level: "info", text });
        }
        for (const path of result.sboms) print(`SBOM: ${path}`);
        if (result.checks.findings.length > 0) print(formatFindings(result.checks));
        print(result.ref === undefined ? result.commit : `${result.ref} => ${result.commit}`);
    }
    return 0;
  },
});

function downloadOnly(
  values: Readonly<Record<"download-only" | "download-only-debs", boolean>>,
): "debs" | "imported" | undefined {
  if (values["download-only-debs"]) return "debs";
  return values["download-only"] ? "imported" : undefined;
}

/** The properties that are not `undefined`. */
function given<T extends object>(all: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(all).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function pair(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  throw new CliError(
    "cli/bad-option",
    `Cannot use "--add-metadata-string=${text}": it is not KEY=VALUE`,
    {
      subject: text,
      hint: "For example --add-metadata-string=version=12.1",
    },
  );
}

function parseEpoch(text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new CliError(
    "cli/bad-option",
    `Cannot use SOURCE_DATE_EPOCH="${text}": it is no number of seconds`,
    {
      subject: "SOURCE_DATE_EPOCH",
      hint: "Unset it, or set it to seconds since 1970",
    },
  );
}
