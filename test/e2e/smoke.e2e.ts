import assert from 'node:assert/strict';
import { useWorkbench } from './support/useWorkbench';

describe('The extension in the real workbench', () => {
  const window = useWorkbench({ workspace: 'sample-workspace' });

  it('activates by itself when the window opens', async () => {
    await window().runCommand('Developer: Show Running Extensions');
    const row = window()
      .page.locator('.runtime-extensions-editor .monaco-list-row')
      .filter({ hasText: 'context-cache.context-cache' });
    await row.getByText(/Activation: \d+ms/).waitFor();
  });

  it('shows its views in the side bar', async () => {
    const instructions = await window().openView('Instructions');
    await window().screenshot('side-bar');
    assert.notEqual(await instructions.text(), undefined);
  });
});
