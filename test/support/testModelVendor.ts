import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** The vendor under which integration tests may register language models. */
export const testModelVendor = 'context-cache-tests';

/**
 * The editor accepts language models only of a vendor that an extension contributes; the extension itself brings none.
 * So the copy on which the integration tests run says so in their place.
 */
export async function contributeTestModelVendor(extensionFolder: string): Promise<void> {
  const file = path.join(extensionFolder, 'package.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { contributes: Record<string, unknown> };
  manifest.contributes['languageModelChatProviders'] = [{ vendor: testModelVendor, displayName: 'Tests' }];
  await writeFile(file, JSON.stringify(manifest, null, 2));
}
