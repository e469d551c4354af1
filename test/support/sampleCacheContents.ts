import type { SampleJson } from './pythonJson';

/** One value of the sample cache, aged by hours so that it fits any clock. */
export interface SampleEntry {
  readonly scope: 'system' | 'instructions' | 'project' | 'task' | 'artifacts';
  readonly originalKey: string;
  readonly value: string;
  readonly contentType: 'text/plain' | 'text/markdown' | 'application/json';
  readonly ageHours: number;
  readonly ttlHours: number;
  readonly metadata: (writtenMs: number) => Readonly<Record<string, SampleJson>>;
  /** The fault that the entry shows. */
  readonly fault?: 'corrupt' | 'missing' | 'orphan';
}

const session = '5b0f6f5e-8f0e-4b0c-9a6e-2f0f3a1c7d10';

/** The values of the sample's scopes `project`, `task` and `artifacts`, without the metadata that depends on time. */
export const projectSummary = `# Market Reporter: state of the semiconductor report

- Report week closed; movers chosen: NVEC, ASML, IFX, TSEM, SOI.
- Confirmed from filings: guidance of TSEM and SOI. Still open: reason for the fall of IFX on Thursday.
- Structure follows \`report_style\`; sources are ranked with \`source_quality\`.
- Draft in \`out/semiconductors.md\`, 560 words, 11 sources.

Next: chart of the five movers, indexed to 100; check of the percentages; hand-over.
`;

export const architectureNotes = `# Notes

The fetcher keeps one series per symbol. Adjusted and raw prices must not be mixed: the key says which one it is.
`;

export const decisions: SampleJson = {
  currency: 'EUR',
  movers: ['NVEC', 'ASML', 'IFX', 'TSEM', 'SOI'],
  excluded: [{ symbol: 'AIXA', reason: 'Trading halt on Tuesday: no comparable close' }],
  analyst: 'Desk Équités, Zürich',
};

export interface SampleSummary {
  readonly messageId: string;
  readonly text: string;
  readonly ageHours: number;
}

export const summaries: readonly SampleSummary[] = [
  {
    messageId: '0f3f9c54-5f0e-4a51-9d4e-1f8c0b1d2a01',
    text: 'The analyst asked for the weekly semiconductor report, 500 to 700 words, five movers, hand-over on Saturday morning. Prices in euro.',
    ageHours: 31,
  },
  {
    messageId: '2c7b1d8a-77c1-4f0d-8d35-6b1f2f8e4b02',
    text: 'Planned the report: five movers by absolute weekly change; open question for each. Trading halt excludes AIXA.',
    ageHours: 26,
  },
  {
    messageId: '4e5d0a19-0d2b-4d7c-b6a4-9c3e7a5f6c03',
    text: 'Fetched 60 closing prices for each mover. TSEM has a gap of one day (local holiday), kept as a gap.',
    ageHours: 22.5,
  },
  {
    messageId: '6a9e3f27-2b64-4c18-8f0b-3d5a1b7c8d04',
    text: 'Guidance of TSEM and SOI confirmed in their filings. The reason for the fall of IFX is reported by one agency only; marked as unconfirmed.',
    ageHours: 9,
  },
  {
    messageId: '8b1c5e36-4c85-4e29-9a1c-4e6b2c8d9e05',
    text: 'First draft written, 560 words, 11 sources. The percentage of NVEC was corrected from 6.1 to 6.2 after the check.',
    ageHours: 3,
  },
  {
    messageId: '9c2d6f47-5d96-4f3a-8b2d-5f7c3d9eaf06',
    text: 'The analyst asked for one chart of all movers, indexed to 100, and for a shorter outlook.',
    ageHours: 0.5,
  },
];

export interface SampleToolOutput {
  readonly tool: string;
  /** The id of the provider's call; without one the original makes eight hex digits. */
  readonly callId?: string;
  readonly hash?: string;
  readonly ageHours: number;
  readonly value: SampleJson | string;
  readonly fault?: 'corrupt' | 'missing' | 'orphan';
}

const closes = (first: number, step: number, count: number): SampleJson =>
  Array.from({ length: count }, (_, day) => first + step * day + ((day * 37) % 11) * 5);

const searchResult = (query: string, titles: readonly string[]): SampleJson => ({
  query,
  results: titles.map((title, index) => ({
    title,
    url: `https://news.example/${query.replaceAll(' ', '-')}/${index + 1}`,
    content: `${title}. The company named supply, prices and the order book as reasons; analysts had expected a smaller move. Figures are in euro and compare with the close of the week before.`,
  })),
});

export const toolOutputs: readonly SampleToolOutput[] = [
  {
    tool: 'web_search',
    hash: '3fa2c1d9',
    ageHours: 52,
    value: searchResult('semiconductor sector week', [
      'Chip makers end the week lower',
      'Orders for equipment rise again',
    ]),
  },
  {
    tool: 'web_search',
    hash: '81b07e44',
    ageHours: 20,
    value: searchResult('IFX fall Thursday', [
      'Infineon falls after report of delayed orders',
      'Automotive chips: inventories "still high", says supplier',
      'What the market expects for the next quarter',
    ]),
  },
  {
    tool: 'web_search',
    hash: 'c90d5ab2',
    ageHours: 2,
    value: searchResult('SOI guidance filing', ['Soitec confirms guidance – «no change»', 'Filing: half-year figures']),
  },
  {
    tool: 'get_prices',
    callId: 'call_px_tsem',
    ageHours: 22,
    value: { symbol: 'TSEM', currency: 'USD', unit: 'cent', closes: closes(4312, 3, 60) },
  },
  {
    tool: 'get_prices',
    callId: 'call_px_ifx',
    ageHours: 22,
    value: { symbol: 'IFX.DE', currency: 'EUR', unit: 'cent', closes: closes(3327, -2, 60) },
    fault: 'corrupt',
  },
  {
    tool: 'get_prices',
    callId: 'call_px_soi',
    ageHours: 21,
    value: { symbol: 'SOI.PA', currency: 'EUR', unit: 'cent', closes: closes(9120, 11, 60) },
    fault: 'missing',
  },
  {
    tool: 'scrape_webpage',
    callId: 'toolu_01MktRpt',
    ageHours: 8,
    value: { message: 'Scraped 2 of 2', files: ['scrape/soitec_half_year.json', 'scrape/tower_outlook.json'] },
  },
  {
    tool: 'execute_command',
    callId: 'call_pytest',
    ageHours: 1,
    value: { command: 'python -m pytest -q', exit_code: 0, output: '..............\n14 passed in 0.41s\n' },
  },
  {
    tool: 'check_command_output',
    hash: 'deadbeef',
    ageHours: 5,
    value: 'NVEC  +6.2 %\nASML  -3.9 %\nIFX   -5.4 %\nTSEM  +4.8 %\nSOI   +4.1 %\n',
    fault: 'orphan',
  },
];

export const assistantMessage = {
  session,
  hash: '601e5b45',
  ageHours: 3,
  text: `Here is the first draft. Two points need your eye:

1. The reason for the fall of IFX comes from one agency only. I wrote "according to" and left the cause open.
2. The outlook separates guidance (TSEM, SOI) from estimates. There is no consensus for NVEC: only three estimates were published.

The chart of the movers is not drawn yet.`,
} as const;
