import { assertEquals, assertStringIncludes } from "@std/assert";
import { lacks } from "../support/lacks.ts";
import { withTestUser } from "../support/test_user.ts";

const ignore = Deno.uid() !== 0 ||
  await lacks("ostree", "bwrap", "setpriv", "newuidmap", "unshare", "dpkg-deb", "gpg");

Deno.test(
  "Sandbox keeps all its promises as root of an ordinary user's namespace",
  { ignore },
  () =>
    // Its tests write to /run and look there.
    withTestUser({ before: "mount -t tmpfs -o mode=1777 tmpfs /run\n" }, async (user) => {
      const test = ["test", "-A", "--config", `${user.source}/deno.json`];
      const { code, stdout, stderr } = await user.runInside(
        ...[user.deno, ...test, `${user.source}/sandbox/sandbox_test.ts`],
      );
      assertEquals(code, 0, stdout + stderr);
      assertStringIncludes(stdout, " 0 failed");
      assertEquals(/ignored/.test(stdout), false, "a test was skipped");
    }),
);
