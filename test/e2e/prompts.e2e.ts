import { useWorkbench } from './support/useWorkbench';

for (const theme of ['dark', 'light'] as const) {
  describe(`Prompts view, ${theme}`, () => {
    const window = useWorkbench({ workspace: 'sample-workspace', theme, viewport: { width: 1500, height: 1700 } });

    it('shows variants and parts, and the other variant after toggling', async () => {
      await window().openFile('prompts/market-reporter.prompt.yaml');
      const view = await window().openView('Prompts');
      await window().resizeSideBar(560);
      await view.waitForText(/task .*ends the static prefix/);
      await view.waitForText(/^▾ market-reporter {2}full [\d.]+k/m);
      await view.waitForText(/^ +▸ streamlined {2}[\d.]+k · −\d+% of full · \d+% of budget/m);
      await window()
        .statusBar(/full [\d.]+k/)
        .waitFor();
      await window().restPointer();
      await window().screenshot(`prompts-${theme}`);
      await window().runCommand('Context Cache: Toggle Streamlined');
      await window()
        .statusBar(/streamlined [\d.]+k/)
        .waitFor();
      await view.waitForText(/market-reporter {2}streamlined/);
    });
  });
}
