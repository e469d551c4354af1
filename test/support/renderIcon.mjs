// Renders media/icon.svg to media/icon.png (128 × 128) with Chromium: `node test/support/renderIcon.mjs`.
// CHROMIUM names the program when it is not `chromium` on the path of Debian and Ubuntu.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const media = new URL('../../media/', import.meta.url);
const svg = await readFile(new URL('icon.svg', media), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
});
try {
  const page = await browser.newPage({ viewport: { width: 128, height: 128 }, deviceScaleFactor: 1 });
  await page.setContent(`<style>body { margin: 0 } svg { display: block }</style>${svg}`);
  await page.screenshot({ path: fileURLToPath(new URL('icon.png', media)), omitBackground: true });
} finally {
  await browser.close();
}
