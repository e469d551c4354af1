import { fileURLToPath } from 'node:url';
import { buildTokenTables } from '../../scripts/tokenTables.mjs';

/** The tests run the sources as they are; the tables that counts are made with come out of a step of the build. */
export async function mochaGlobalSetup() {
  await buildTokenTables(fileURLToPath(new URL('../../dist/tokens', import.meta.url)));
}
