/** One kind of window in which integration tests run. Its tests are in the folder of the same name. */
export interface Profile {
  readonly name: string;
  /** The folder of `test/fixtures` of which the workspace is a copy; without one it is an empty folder. */
  readonly fixture?: string;
  /** False opens the workspace in restricted mode. */
  readonly trusted: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export const profiles: readonly Profile[] = [
  { name: 'workspace', fixture: 'sample-workspace', trusted: true },
  { name: 'restricted', fixture: 'sample-workspace', trusted: false },
  { name: 'empty', trusted: true },
];
