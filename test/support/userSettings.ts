/** User settings of every test window: nothing that moves, asks, fetches or hides what is tested. */
export function userSettings(
  trusted: boolean,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    'extensions.autoCheckUpdates': false,
    'extensions.ignoreRecommendations': true,
    // What its processes do when a repository of a test goes away would count as a failure of the test.
    'git.enabled': false,
    'remote.autoForwardPorts': false,
    'security.workspace.trust.enabled': !trusted,
    'security.workspace.trust.startupPrompt': 'never',
    'telemetry.telemetryLevel': 'off',
    'workbench.editor.useModal': 'off',
    'workbench.enableExperiments': false,
    // A hover that comes at once covers the row below that is to be clicked next.
    'workbench.hover.delay': 2000,
    'workbench.reduceMotion': 'on',
    'workbench.secondarySideBar.defaultVisibility': 'hidden',
    'workbench.startupEditor': 'none',
    'workbench.tips.enabled': false,
    'window.commandCenter': false,
    'window.title': '${rootName}',
    ...more,
  };
}
