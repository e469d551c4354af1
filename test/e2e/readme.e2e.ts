import { useWorkbench } from './support/useWorkbench';

/** `npm run screenshots` copies these pictures to where the README shows them. */
describe('Pictures of the README', () => {
  const window = useWorkbench({
    workspace: 'sample-workspace',
    viewport: { width: 1280, height: 1000 },
    settings: { 'breadcrumbs.enabled': false, 'diffEditor.renderSideBySide': false },
  });

  it('shows both views beside a diff of a cached instruction and its file', async () => {
    const instructions = await window().openView('Instructions');
    await instructions.waitForText(/AGENTS\.md/);
    await window().resizeSideBar(440);
    const sandboxes = await window().openView('Sandbox Caches');
    await sandboxes.expandRow('sample-workspace', 'instructions');
    await sandboxes.contextMenu('instruction_research', 'Diff with Source');
    await window().editors.openDiffs();
    await window().restPointer();
    await window().screenshot('overview');
  });

  it('shows the report of a prompt', async () => {
    await window().runCommand('View: Close All Editors');
    await window().runCommand('Context Cache: Show Prompt Report');
    const report = window().page.frameLocator('iframe.webview').frameLocator('#active-frame');
    await report.getByLabel('Variant').selectOption('streamlined');
    await report.getByRole('treeitem', { name: /^on-demand, / }).waitFor();
    await window().runCommand('View: Close Primary Side Bar');
    await window().restPointer();
    await window().screenshot('prompt-report');
  });
});
