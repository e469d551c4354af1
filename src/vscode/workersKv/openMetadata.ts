import { window, workspace } from 'vscode';
import type { KvCache } from './kvCaches';
import { metadataUri } from './kvDocuments';

/** Opens what is known of an entry in an editor; a JSON document that can only be read. */
export async function openMetadata(cache: KvCache, key: string): Promise<void> {
  const document = await workspace.openTextDocument(metadataUri(cache, key));
  await window.showTextDocument(document, { preview: true });
}
