// deno-lint-ignore-file no-console -- a script
/**
 * List the files of a .deb from a URL, as `dpkg-deb --contents` would.
 *
 * `deno run -A list_remote_deb.ts URL`, for example
 * `list_remote_deb.ts https://example.org/pool/hello_2.10-3_amd64.deb`. The package is read as it
 * arrives; nothing is written to disk.
 */
import { openDebStream } from "@apt-ostree/apt";

const [url] = Deno.args;
if (!url) throw new Error("Usage: list_remote_deb.ts URL");

const { ok, status, body } = await fetch(url);
if (!ok || !body) throw new Error(`Cannot fetch "${url}": status ${status}`);
const deb = await openDebStream(body, url);
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
