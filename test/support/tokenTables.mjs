import { fileURLToPath } from 'node:url';
import { buildTokenTables } from '../../src/build/tokenTables.mjs';

// The tests run the sources as they are; the tables that counts are made with come out of a step of the build. They
// have to be there before the first test file is loaded, since some open them while they describe their tests.
await buildTokenTables(fileURLToPath(new URL('../../dist/tokens', import.meta.url)));
