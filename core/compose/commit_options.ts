/** How a finished tree becomes a commit. */
export interface CommitOptions {
  /** File that gets the commit's checksum; the ref is not written then. */
  readonly writeCommitidTo?: string;
  /** File that gets facts about the commit as JSON, with rpm-ostree's names. */
  readonly writeComposejsonTo?: string;
  /** Further metadata of the commit. */
  readonly addMetadata?: Readonly<Record<string, string>>;
  /** JSON files with further metadata of the commit, each a map. */
  readonly addMetadataFrom?: readonly string[];
  /** Commit to be the parent instead of the ref's last one. */
  readonly parent?: string;
  /** Write a commit without a parent. */
  readonly noParent?: boolean;
}
