// The old name of `npm run docs`.
import { tsImport } from 'tsx/esm/api';

await tsImport('./writeDocsTables.ts', import.meta.url);
