/** Another configuration for `ssh` than the user's own. As on the command line; whoever starts the editor sets it. */
export function sshConfigFile(): string | undefined {
  const file = process.env['CONTEXT_CACHE_SSH_CONFIG'];
  return file === '' ? undefined : file;
}
