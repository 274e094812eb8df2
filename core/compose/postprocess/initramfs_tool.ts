import type { Transaction, Tree } from "@apt-ostree/ostree";

/** What an initramfs is built for, and where. */
export interface InitramfsTask {
  /** Release of the kernel. */
  readonly release: string;
  /** Path of the image to be, in the sandbox. */
  readonly image: string;
  /** Further arguments for the program. */
  readonly args: readonly string[];
}

/** A program of a tree that builds its initramfs. */
export interface InitramfsTool {
  /** Name of the program. */
  readonly name: string;
  /** Path of the program, and the package that has it. */
  readonly program: readonly [path: string, owner: string];
  /** What else it needs. */
  readonly needs: readonly (readonly [path: string, owner: string])[];
  /** Its scripts and settings: they name what goes into the initramfs. */
  readonly scripts: readonly string[];
  /** Give the tree what lets its initramfs start a deployment, where no package does. */
  readonly prepare?: (txn: Transaction, tree: Tree) => void;
  /** The call that builds. */
  readonly build: (tree: Tree, task: InitramfsTask) => readonly string[];
  /** A call that tells what an image is made of, where its size does not tell enough. */
  readonly inspect?: InitramfsInspection;
}

/** How an image is looked into. */
export interface InitramfsInspection {
  readonly argv: (image: string) => readonly string[];
  /** A line that it has to write. */
  readonly wanted: RegExp;
  /** What the image lacks without that line. */
  readonly what: string;
  /** What helps then. */
  readonly hint: string;
}
