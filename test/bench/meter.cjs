// Runs inside the extension host: answers with what the process has computed, on a loopback port told in a file.
const { writeFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { monitorEventLoopDelay } = require('node:perf_hooks');
const process = require('node:process');

exports.activate = (context) => {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const server = createServer((request, response) => {
    const { user, system } = process.cpuUsage();
    response.end(JSON.stringify({ cpuMs: (user + system) / 1000, longestBlockMs: delays.max / 1e6 }));
    delays.reset();
  });
  server.listen(0, '127.0.0.1', () => {
    writeFileSync(process.env.BENCH_METER_PORT_FILE, String(server.address().port));
  });
  context.subscriptions.push({ dispose: () => server.close() });
};
