import type { InitramfsTool } from "./initramfs_tool.ts";

/**
 * dracut, with the module that ostree-boot has for it: systemd in the initramfs starts
 * ostree-prepare-root.
 *
 * @see dracut(8), lsinitrd(1)
 */
export const DRACUT: InitramfsTool = {
  name: "dracut",
  program: ["usr/bin/dracut", "dracut"],
  needs: [["usr/lib/ostree/ostree-prepare-root", "ostree-boot"]],
  scripts: ["usr/lib/dracut", "etc/dracut.conf", "etc/dracut.conf.d", "usr/bin/dracut"],
  build: (tree, { release, image, args }) => [
    ...["dracut", "--force", "--no-hostonly", "--reproducible", "--add", "ostree systemd"],
    // Without a word it takes gzip, at several times the time and a larger image.
    ...tree.lookup("usr/bin/zstd") ? ["--zstd"] : [],
    ...args,
    ...["--kver", release, image],
  ],
  inspect: {
    argv: (image) => ["lsinitrd", "--mod", image],
    wanted: /^ostree$/m,
    what: "dracut's module ostree",
    hint: "Look at initramfs-args, /etc/dracut.conf.d and the package ostree-boot",
  },
};
