import { EventEmitter, workspace } from 'vscode';
import type { EndOfLine, Event, Range, TextDocument, TextDocumentChangeEvent } from 'vscode';
import { createDebounced } from '../debounce';
import { SourceError, describeError, isSourceError, throwIfCancelled } from '../../core/errors';
import type { TokenEncoder } from '../../core/tokens/tokenEncoder';
import { takeTurn } from '../../core/turns';
import { IncrementalDocument } from '../../core/tokens/document';
import type { CountElsewhere } from '../../core/tokens/document';
import { formatBytes } from '../format';
import type { Services } from '../services';
import { lengthOf } from './measuredDocuments';
import { currentTarget } from './target';
import { linesOf } from './linesOf';
import { takeText } from './textInSlices';
import { countRanges } from './rangeTokens';

/** How the count of a document stands; tokens are those of the target's encoding. */
export type LiveState =
  | { readonly kind: 'counting' }
  | { readonly kind: 'counted'; readonly tokens: number }
  | { readonly kind: 'not-counted'; readonly reason: string };

/** Larger documents are not followed while they are edited. UTF-16 units. */
const maxLiveLength = 10 * 1024 * 1024;
/** How long the typing rests before a document is compared with what is followed of it. */
const quietMs = 1000;

/** A document that is followed, from the moment when somebody asks for its count until it is closed. */
interface Followed {
  readonly abort: AbortController;
  readonly eol: EndOfLine;
  /** Undefined until the encoder is there. */
  live: IncrementalDocument | undefined;
  failure: string | undefined;
  /** Settles when everything is counted, or can't be. */
  counted: Promise<void>;
}

/** Counts of the documents that somebody looks at, kept current on every keystroke at the cost of the edit. */
export class LiveCounts {
  /** Fires with a document whose count changed. */
  readonly onDidChange: Event<TextDocument>;
  private readonly changed = new EventEmitter<TextDocument>();
  private readonly services: Services;
  private readonly followed = new Map<TextDocument, Followed>();
  private readonly compareSoon = createDebounced(() => {
    this.compareAll();
  }, quietMs);

  constructor(services: Services) {
    this.services = services;
    this.onDidChange = this.changed.event;
    services.own(
      workspace.onDidChangeTextDocument((event) => {
        this.applyChange(event);
      }),
    );
    services.own(
      workspace.onDidCloseTextDocument((document) => {
        this.forget(document);
      }),
    );
    services.own(
      services.settings.onDidChange((change) => {
        if (change.affects(['contextCache.tokens.model'])) {
          this.changeEncoding();
        }
      }),
    );
  }

  /** The count as it stands; begins to follow a document that is not followed yet. */
  state(document: TextDocument): LiveState {
    const { live, failure } = this.follow(document);
    if (failure !== undefined) {
      return { kind: 'not-counted', reason: failure };
    }
    return live?.isCounted === true ? { kind: 'counted', tokens: live.tokens } : { kind: 'counting' };
  }

  /** UTF-16 units; at hand once the document is followed, while the editor would have to add them up. */
  lengthOf(document: TextDocument): number {
    return this.followed.get(document)?.live?.length ?? lengthOf(document);
  }

  /**
   * Tokens of all the ranges together, each by itself; undefined until the document is counted. What would hold the
   * thread up is counted by the worker, and then there is a promise; it rejects when the signal is aborted.
   */
  selectedTokens(
    document: TextDocument,
    ranges: readonly Range[],
    signal: AbortSignal,
  ): number | Promise<number> | undefined {
    const { live } = this.follow(document);
    if (live?.isCounted !== true) {
      return undefined;
    }
    const { encoding } = live.encoder;
    return countRanges(
      live,
      ranges.map(({ start, end }) => [document.offsetAt(start), document.offsetAt(end)]),
      async (texts) => this.services.counter.countAll(texts, encoding, { signal, priority: 'visible' }),
    );
  }

  /**
   * Tokens of parts of the text, given as offsets, each by itself. Undefined when the document changed meanwhile, or
   * can't be counted.
   */
  async rangeTokens(
    document: TextDocument,
    ranges: readonly (readonly [start: number, end: number])[],
  ): Promise<readonly number[] | undefined> {
    const { version } = document;
    const followed = this.follow(document);
    await followed.counted;
    const tokens: number[] = [];
    for (const [start, end] of ranges) {
      await takeTurn({ turns: this.services.turns }, 'visible');
      if (followed.live?.isCounted !== true || document.version !== version || followed.abort.signal.aborted) {
        return undefined;
      }
      tokens.push(followed.live.countRange(start, end));
    }
    return document.version === version ? tokens : undefined;
  }

  dispose(): void {
    for (const document of [...this.followed.keys()]) {
      this.forget(document);
    }
    this.compareSoon.dispose();
    this.changed.dispose();
  }

  private follow(document: TextDocument): Followed {
    const known = this.followed.get(document);
    if (known !== undefined) {
      return known;
    }
    const followed: Followed = {
      abort: new AbortController(),
      eol: document.eol,
      live: undefined,
      failure: undefined,
      counted: Promise.resolve(),
    };
    this.followed.set(document, followed);
    followed.counted = this.open(document, followed);
    return followed;
  }

  private async open(document: TextDocument, followed: Followed): Promise<void> {
    const { signal } = followed.abort;
    try {
      const { counter } = this.services;
      const { encoding } = currentTarget(this.services).tokenizer;
      const encoder = await counter.encoder(encoding);
      throwIfCancelled(signal);
      const inWorker: CountElsewhere = async (run, runSignal) =>
        counter.count(run, encoding, { signal: runSignal, priority: 'visible' });
      followed.live = await this.take(document, encoder, inWorker, signal);
      await followed.live.countInSlices({ signal, turns: this.services.turns });
    } catch (error) {
      if (isSourceError(error, 'cancelled')) {
        return;
      }
      followed.live = undefined;
      if (isSourceError(error, 'too-large')) {
        followed.failure = error.message;
      } else {
        this.services.log.error(`Counting ${document.uri.toString()}`, error);
        followed.failure = describeError(error);
      }
    }
    this.changed.fire(document);
  }

  /** The text so far as it is not counted yet. How long it is shows on the way: the editor would have to add it up. */
  private async take(
    document: TextDocument,
    encoder: TokenEncoder,
    inWorker: CountElsewhere,
    signal: AbortSignal,
  ): Promise<IncrementalDocument> {
    let live: IncrementalDocument | undefined;
    const taker = {
      begin: () => {
        live = new IncrementalDocument('', encoder, inWorker);
      },
      add: (part: string) => {
        live!.append(part);
        if (live!.length > maxLiveLength) {
          const message = `the document has more than ${formatBytes(maxLiveLength)} of text`;
          throw new SourceError('too-large', message, { nextStep: '' });
        }
      },
    };
    const pause = async (): Promise<void> => takeTurn({ signal, turns: this.services.turns }, 'visible');
    await takeText(linesOf(document), taker, pause);
    return live!;
  }

  private applyChange({ document, contentChanges }: TextDocumentChangeEvent): void {
    const followed = this.followed.get(document);
    if (followed?.live === undefined || (contentChanges.length === 0 && document.eol === followed.eol)) {
      return;
    }
    try {
      followed.live.apply(contentChanges);
    } catch (error) {
      this.services.log.error(`Following ${document.uri.toString()}`, error);
    }
    if (document.eol !== followed.eol || followed.live.length > maxLiveLength) {
      this.followAnew(document);
      return;
    }
    this.compareSoon.request();
    if (followed.live.isCounted) {
      this.changed.fire(document);
    } else {
      followed.counted = this.countRest(document, followed);
    }
  }

  /** More was pasted than is counted at once. */
  private async countRest(document: TextDocument, { live, abort }: Followed): Promise<void> {
    try {
      await live?.countInSlices({ signal: abort.signal, turns: this.services.turns });
      this.changed.fire(document);
    } catch (error) {
      if (!isSourceError(error, 'cancelled')) {
        this.services.log.error(`Counting ${document.uri.toString()}`, error);
      }
    }
  }

  /** An edit that the editor did not list, or not as it was made. Looking at each keystroke would take milliseconds. */
  private compareAll(): void {
    for (const [document, { live }] of [...this.followed]) {
      if (live !== undefined && live.length !== lengthOf(document)) {
        this.services.log.warn(`${document.uri.toString()} is not as its changes told, and is counted anew.`);
        this.followAnew(document);
      }
    }
  }

  private changeEncoding(): void {
    for (const document of [...this.followed.keys()]) {
      this.followAnew(document);
      this.changed.fire(document);
    }
  }

  private followAnew(document: TextDocument): void {
    this.forget(document);
    this.follow(document);
  }

  private forget(document: TextDocument): void {
    this.followed.get(document)?.abort.abort();
    this.followed.delete(document);
  }
}
