import { Repo } from "@apt-ostree/ostree";
import { enterUserNamespace } from "@apt-ostree/sandbox";
import { ComposeError } from "../error.ts";

/**
 * Make sure that this process can compose into a repository, as {@linkcode enterUserNamespace} does:
 * a program of an ordinary user begins anew as root of a user namespace.
 *
 * @param repo Repository that will take the commit.
 * @throws {ComposeError} `compose/needs-root` if only root can own what the repository holds.
 * @throws {SandboxError} If this machine or user cannot have the namespace.
 */
export async function becomeRoot(repo?: string): Promise<void> {
  // Inside, owners look right that are subordinate ids outside: it can only be told before.
  if (repo !== undefined && Deno.uid() !== 0 && Repo.open(repo).mode === "bare") {
    throw new ComposeError(
      "compose/needs-root",
      `Cannot compose into "${repo}": files of a repository of mode bare belong to root and others`,
      { subject: repo, hint: "Run it as root, or use a repository of mode archive or bare-user" },
    );
  }
  await enterUserNamespace();
}
