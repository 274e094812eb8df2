/**
 * Makes Debian packages and archives for tests, with the real tools: `dpkg-deb`, `gpg`.
 *
 * @module
 */

/** A package to make. */
export interface DebSpec {
  readonly name: string;
  /** @default "1.0" */
  readonly version?: string;
  /** @default "all" */
  readonly architecture?: string;
  /** Further control fields, for example `Depends`. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Files by path without leading slash. */
  readonly files?: Readonly<Record<string, string>>;
  /** Directories that are shipped empty. */
  readonly dirs?: readonly string[];
  /** Symbolic links: path to target. */
  readonly links?: Readonly<Record<string, string>>;
  /** Control members by name: scripts (made executable), conffiles, triggers… */
  readonly control?: Readonly<Record<string, string>>;
}

const SCRIPTS = ["preinst", "postinst", "prerm", "postrm", "config"];

/** Make one .deb in a directory. @returns Its path. */
export async function makeDeb(dir: string, spec: DebSpec): Promise<string> {
  const { name, version = "1.0", architecture = "all" } = spec;
  const root = await Deno.makeTempDir({ dir, prefix: "deb-" });
  await Deno.chmod(root, 0o755);
  await Deno.mkdir(`${root}/DEBIAN`);
  const write = async (path: string, text: string, mode = 0o644) => {
    await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(path, text);
    await Deno.chmod(path, mode);
  };
  const fields = {
    Package: name,
    Version: version,
    Architecture: architecture,
    Maintainer: "Tests <tests@example.org>",
    ...spec.fields,
    Description: `${name} for tests`,
  };
  const control = Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`).join("");
  await write(`${root}/DEBIAN/control`, control);
  for (const [member, text] of Object.entries(spec.control ?? {})) {
    await write(`${root}/DEBIAN/${member}`, text, SCRIPTS.includes(member) ? 0o755 : 0o644);
  }
  for (const [path, text] of Object.entries(spec.files ?? {})) {
    await write(`${root}/${path}`, text, path.startsWith("usr/bin/") ? 0o755 : 0o644);
  }
  for (const path of spec.dirs ?? []) await Deno.mkdir(`${root}/${path}`, { recursive: true });
  for (const [path, target] of Object.entries(spec.links ?? {})) {
    await Deno.mkdir(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.symlink(target, `${root}/${path}`);
  }
  const file = `${dir}/${name}_${version.replace(/^\d+:/, "")}_${architecture}.deb`;
  await run("dpkg-deb", "--root-owner-group", "--build", root, file);
  await Deno.remove(root, { recursive: true });
  return file;
}

/** An archive on disk, and the sources file that names it. */
export interface TestArchive {
  /** Text of a .sources file. */
  readonly sources: string;
  /** Path of the key that the archive is signed with, in binary form. */
  readonly key: string;
}

/**
 * Make a flat archive of all .debs in a directory, signed with a key of its own.
 *
 * @param options.sign Whether there is a signature at all. @default {true}
 * @param options.trusted Whether the sources file names the key. @default {true}
 */
export async function makeArchive(
  dir: string,
  options: { readonly sign?: boolean; readonly trusted?: boolean } = {},
): Promise<TestArchive> {
  const packages = await output(
    "sh",
    "-c",
    'cd "$1" && dpkg-scanpackages --multiversion .',
    "sh",
    dir,
  );
  return await signArchive(dir, packages, options);
}

/** Make a flat archive of a directory and the text of its index; the options are those above. */
export async function signArchive(
  dir: string,
  packages: string,
  options: { readonly sign?: boolean; readonly trusted?: boolean } = {},
): Promise<TestArchive> {
  const { sign = true, trusted = true } = options;
  await Deno.writeTextFile(`${dir}/Packages`, packages);
  const bytes = new TextEncoder().encode(packages);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const release = [
    "Origin: tests",
    "Suite: test",
    "Codename: test",
    "Date: Sun, 01 Nov 2026 10:00:00 UTC",
    "Architectures: all amd64 arm64",
    "Components: main",
    "SHA256:",
    ` ${digest} ${bytes.length} Packages`,
    "",
  ].join("\n");
  await Deno.writeTextFile(`${dir}/Release`, release);
  const home = `${dir}/gnupg`;
  const key = `${dir}/key.gpg`;
  await Deno.mkdir(home, { recursive: true, mode: 0o700 });
  const gpg = ["gpg", "--homedir", home, "--batch", "--yes", "--quiet"];
  await run(...gpg, "--passphrase", "", "--quick-generate-key", "tests@example.org", "ed25519");
  await run(...gpg, "--output", key, "--export");
  if (sign) await run(...gpg, "--clearsign", "--output", `${dir}/InRelease`, `${dir}/Release`);
  await run("gpgconf", "--homedir", home, "--kill", "all");
  const signedBy = trusted ? `Signed-By: ${key}\n` : "";
  return { sources: `Types: deb\nURIs: file:${dir}\nSuites: ./\n${signedBy}`, key };
}

/** Run a program. @returns What it wrote to standard output. @throws {Error} If it fails. */
export async function output(...argv: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(argv[0]!, { args: argv.slice(1) })
    .output();
  if (!success) throw new Error(`${argv.join(" ")}\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Run a program for its effect. */
export async function run(...argv: string[]): Promise<void> {
  await output(...argv);
}
