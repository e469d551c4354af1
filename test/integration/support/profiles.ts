/** One kind of window in which integration tests run. Its tests are in the folder of the same name. */
export interface Profile {
  readonly name: string;
  /** The folders of `test/fixtures` of which the workspace has copies; without any it is one empty folder. */
  readonly fixtures: readonly string[];
  /** False opens the workspace in restricted mode. */
  readonly trusted: boolean;
  readonly settings?: Readonly<Record<string, unknown>>;
}

export const profiles: readonly Profile[] = [
  { name: 'workspace', fixtures: ['sample-workspace'], trusted: true },
  { name: 'restricted', fixtures: ['sample-workspace'], trusted: false },
  { name: 'empty', fixtures: [], trusted: true },
  { name: 'several', fixtures: ['sample-workspace', 'golden/iris-kv-cache/typical'], trusted: true },
];
