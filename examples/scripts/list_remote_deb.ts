// deno-lint-ignore-file no-console -- a script
/**
 * List the files of a .deb from a URL, as `dpkg-deb --contents` would.
 *
 * `deno run -A list_remote_deb.ts URL`, for example
 * `list_remote_deb.ts https://example.org/pool/hello_2.10-3_amd64.deb`. The package is streamed to a
 * temporary file, since its parts are read from the middle; nothing is unpacked to disk.
 */
import { openDeb } from "@apt-ostree/apt";

const [url] = Deno.args;
if (!url) throw new Error("Usage: list_remote_deb.ts URL");

const file = await Deno.makeTempFile({ suffix: ".deb" });
try {
  const { ok, status, body } = await fetch(url);
  if (!ok || !body) throw new Error(`Cannot fetch "${url}": status ${status}`);
  await Deno.writeFile(file, body);
  const deb = await openDeb(file);
  console.log(`${deb.control.get("Package")} ${deb.control.get("Version")}`);
  await deb.walk({
    entry: ({ type, path, mode, uname, gname, size, target }) => {
      const link = target === "" ? "" : ` -> ${target}`;
      const rights = mode.toString(8).padStart(4, "0");
      console.log(`${type.padEnd(8)} ${rights} ${uname}/${gname} ${size} /${path}${link}`);
    },
    data: () => {},
    end: () => {},
  });
} finally {
  await Deno.remove(file);
}
