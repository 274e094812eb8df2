import { assertEquals } from "@std/assert";
import { makeDeb } from "../tests/support/archive.ts";
import { withHttpArchive } from "../tests/support/http_archive.ts";
import { lacks } from "../tests/support/lacks.ts";
import { AptRoot } from "./apt_root.ts";

const ignore = await lacks("apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg", "gpgconf");

/** Let variables of the environment have values while something is done. */
async function withEnvironment(
  values: Readonly<Record<string, string>>,
  work: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(values).map((name) => [name, Deno.env.get(name)] as const);
  for (const [name, value] of Object.entries(values)) Deno.env.set(name, value);
  try {
    await work();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
}

Deno.test("AptRoot goes through the proxy that the environment names, unless it trusts no host", {
  ignore,
}, () =>
  withHttpArchive(async (archive, dir) => {
    await makeDeb(`${dir}/archive/pool`, { name: "good" });
    await archive.publish();
    let heard = 0;
    await using proxy = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        heard++;
        const bytes = await Deno.readFile(`${dir}/archive${new URL(request.url).pathname}`)
          .catch(() => undefined);
        return new Response(bytes ?? "", { status: bytes ? 200 : 404 });
      },
    );
    /** How often the proxy hears of an update, a plan and a download. */
    const count = async (name: string, hostTrust: boolean) => {
      heard = 0;
      const { sources } = archive;
      const options = { dir: `${dir}/${name}`, architecture: "amd64", sources, hostTrust };
      const apt = await AptRoot.create(options);
      await apt.update();
      const { packages } = await apt.plan({ install: ["good"], essential: false });
      const debs = await Array.fromAsync(apt.download(packages, `${dir}/${name}-debs`));
      assertEquals(debs.length, 1);
      return heard;
    };
    const http_proxy = `http://127.0.0.1:${proxy.addr.port}`;
    await withEnvironment({ http_proxy, no_proxy: "example.org" }, async () => {
      assertEquals(await count("trusting", true), 3);
      assertEquals(await count("alone", false), 0);
    });
    await withEnvironment({ http_proxy, no_proxy: "127.0.0.1" }, async () => {
      assertEquals(await count("around", true), 0);
    });
  }));
