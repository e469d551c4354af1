import { EventEmitter, workspace } from 'vscode';
import type { Event, Range, TextDocument } from 'vscode';
import { describeError, isSourceError } from '../../core/errors';
import type { EncodingName } from '../../core/tokens/counter';
import { formatBytes } from '../format';
import type { Services } from '../services';
import { currentTarget } from './target';

/** How the count of a document stands; tokens are those of the target's encoding. */
export type LiveState =
  | { readonly kind: 'counting' }
  | { readonly kind: 'counted'; readonly tokens: number }
  | { readonly kind: 'not-counted'; readonly reason: string };

/** Larger documents are not followed while they are edited. */
const maxLiveCharacters = 10 * 1024 * 1024;

interface Entry {
  /** What was asked for last: the version of the document and the encoding. */
  asked: string;
  state: LiveState;
  selection: { readonly key: string; readonly tokens: number | undefined };
  abort: AbortController;
}

/** Counts of the documents that somebody looks at, kept current while they are edited. */
export class LiveCounts {
  /** Fires with a document whose numbers changed. */
  readonly onDidChange: Event<TextDocument>;
  private readonly changed = new EventEmitter<TextDocument>();
  private readonly services: Services;
  private readonly entries = new Map<TextDocument, Entry>();

  constructor(services: Services) {
    this.services = services;
    this.onDidChange = this.changed.event;
    services.own(this.changed);
    services.own(
      workspace.onDidChangeTextDocument(({ document }) => {
        if (this.entries.has(document)) {
          this.state(document);
        }
      }),
    );
    services.own(
      workspace.onDidCloseTextDocument((document) => {
        this.entries.get(document)?.abort.abort();
        this.entries.delete(document);
      }),
    );
  }

  /** The count as it stands; begins to count what is not known. */
  state(document: TextDocument): LiveState {
    const { encoding } = currentTarget(this.services).tokenizer;
    const asked = `${encoding} ${document.version}`;
    const entry = this.entries.get(document);
    if (entry?.asked === asked) {
      return entry.state;
    }
    entry?.abort.abort();
    const next: Entry = {
      asked,
      state: entry?.state ?? { kind: 'counting' },
      selection: { key: '', tokens: undefined },
      abort: new AbortController(),
    };
    this.entries.set(document, next);
    void this.count(document, next, encoding);
    return next.state;
  }

  /** Tokens of all the ranges together; undefined until they are counted. */
  selectedTokens(document: TextDocument, ranges: readonly Range[]): number | undefined {
    this.state(document);
    const entry = this.entries.get(document)!;
    const key = ranges
      .map(({ start, end }) => `${start.line}:${start.character}-${end.line}:${end.character}`)
      .join(' ');
    if (entry.selection.key !== key) {
      entry.selection = { key, tokens: undefined };
      void this.countSelection(document, entry, key, ranges);
    }
    return entry.selection.tokens;
  }

  /** Tokens of parts of the text, given as offsets; undefined when the document changed meanwhile. */
  async rangeTokens(
    document: TextDocument,
    ranges: readonly (readonly [start: number, end: number])[],
  ): Promise<readonly number[] | undefined> {
    const { encoding } = currentTarget(this.services).tokenizer;
    const { version } = document;
    const text = document.getText();
    const counts = await this.services.counter.countAll(
      ranges.map(([start, end]) => text.slice(start, end)),
      encoding,
      { priority: 'visible' },
    );
    return document.version === version ? counts : undefined;
  }

  private async count(document: TextDocument, entry: Entry, encoding: EncodingName): Promise<void> {
    const text = document.getText();
    if (text.length > maxLiveCharacters) {
      entry.state = { kind: 'not-counted', reason: `more than ${formatBytes(maxLiveCharacters)} of text` };
    } else {
      try {
        const options = { signal: entry.abort.signal, priority: 'visible' } as const;
        entry.state = { kind: 'counted', tokens: await this.services.counter.count(text, encoding, options) };
      } catch (error) {
        if (isSourceError(error, 'cancelled')) {
          return;
        }
        this.services.log.error(`Counting ${document.uri.toString()}`, error);
        entry.state = { kind: 'not-counted', reason: describeError(error) };
      }
    }
    this.fire(document, entry);
  }

  private async countSelection(
    document: TextDocument,
    entry: Entry,
    key: string,
    ranges: readonly Range[],
  ): Promise<void> {
    const { encoding } = currentTarget(this.services).tokenizer;
    try {
      const counts = await this.services.counter.countAll(
        ranges.map((range) => document.getText(range)),
        encoding,
        { signal: entry.abort.signal, priority: 'visible' },
      );
      if (entry.selection.key === key) {
        entry.selection = { key, tokens: counts.reduce((sum, tokens) => sum + tokens, 0) };
        this.fire(document, entry);
      }
    } catch (error) {
      if (!isSourceError(error, 'cancelled')) {
        this.services.log.error('Counting the selection', error);
      }
    }
  }

  private fire(document: TextDocument, entry: Entry): void {
    if (this.entries.get(document) === entry) {
      this.changed.fire(document);
    }
  }
}
