import { makeDeb, run } from "./archive.ts";

/** Dialects that GNU tar writes, with what makes each of them show. */
const DIALECTS: Readonly<Record<string, readonly string[]>> = {
  v7: [],
  ustar: ["--owner=daemon:1", "--group=games:60"],
  gnu: ["--sparse"],
  "gnu, large numbers": ["--owner=far:3000000", "--group=out:4000000", "--mtime=@-5"],
  pax: ["--xattrs", "--xattrs-include=user.*", "--owner=ünï:3000000", "--mtime=@1700000000.75"],
};

/** Files whose names are long, and the link to one. */
const LONG = ["*long-name*", "far"];

/** Compressions by the ending of the member's name. */
const PACKS: Readonly<Record<string, string>> = {
  "": "cat",
  ".gz": "gzip",
  ".xz": "xz",
  ".zst": "zstd",
  ".bz2": "bzip2",
  ".lzma": "xz --format=lzma",
};

/**
 * Make a .deb for each pair of a tar dialect and a compression, also those that no archive has.
 *
 * @returns Their paths.
 */
export async function makeDialects(dir: string): Promise<string[]> {
  const part = `${"long-name-".repeat(12)}`;
  const made = await makeDeb(dir, {
    name: "sample",
    version: "1:2.0-1",
    files: {
      "usr/bin/tool": "#!/bin/sh\n",
      "etc/sample.conf": "a\n",
      "usr/share/empty-file": "",
      [`usr/share/${part}/${"é".repeat(60)}`]: "long",
    },
    dirs: ["usr/share/empty"],
    links: { "usr/bin/link": "tool", "usr/share/far": `/usr/share/${part}/${part}` },
    control: { postinst: "#!/bin/sh\nexit 0\n", conffiles: "/etc/sample.conf\n" },
  });
  await run("dpkg-deb", "--raw-extract", made, `${dir}/raw`);
  await run("sh", "-ec", TREE, "sh", `${dir}/raw`);
  await Deno.writeTextFile(`${dir}/debian-binary`, "2.0\n");
  const debs: string[] = [];
  let count = 0;
  for (const [dialect, more] of Object.entries(DIALECTS)) {
    const format = dialect.replace(/,.*/, "");
    // Neither has room for long names, and v7 knows no devices.
    const without = { v7: [...LONG, "fifo", "null", "loop"], ustar: LONG }[format] ?? [];
    const options = [...more, ...["./DEBIAN", ...without].map((name) => `--exclude=${name}`)];
    const tar = `${dir}/data`;
    await run("tar", "-C", `${dir}/raw`, `--format=${format}`, ...options, "-cf", tar, ".");
    await run("tar", "-C", `${dir}/raw/DEBIAN`, `--format=${format}`, "-cf", `${dir}/control`, ".");
    for (const [ending, packer] of Object.entries(PACKS)) {
      // dpkg-deb takes fewer compressions for the control part.
      const control = [".bz2", ".lzma"].includes(ending) ? ".xz" : ending;
      const deb = `${dir}/${count++}.deb`;
      await run("sh", "-ec", PACK, "sh", dir, deb, packer, ending, PACKS[control]!, control);
      debs.push(deb);
    }
  }
  return debs;
}

/** Adds what `makeDeb` has no words for. */
const TREE = `
cd "$1"
ln usr/bin/tool usr/bin/hard
mkfifo usr/share/fifo
truncate --size=5M usr/share/sparse
printf end >> usr/share/sparse
printf begin | dd of=usr/share/sparse conv=notrunc status=none
chmod 4755 usr/bin/tool
chmod 1777 usr/share/empty
if [ "$(id -u)" = 0 ]; then mknod usr/share/null c 1 3; mknod usr/share/loop b 7 1; fi
setfattr -n user.test -v 0x61ff00 usr/bin/tool
`;

/** Packs both parts and puts the frame around them. */
const PACK = `
cd "$1"
$3 < data > "data.tar$4"
$5 < control > "control.tar$6"
ar rc "$2" debian-binary "control.tar$6" "data.tar$4"
rm "data.tar$4" "control.tar$6"
`;
