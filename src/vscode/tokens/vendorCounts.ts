import { describeError, throwIfCancelled } from '../../core/errors';
import { countProviderFor, countProviders } from '../../core/tokens/countProviders';
import type { CountProvider } from '../../core/tokens/countProviders';
import type { TokenCount } from '../../core/tokens/counter';
import { ProviderCounter } from '../../core/tokens/providerCounts';
import type { Services } from '../services';
import { EditorModels, editorModelName } from './editorModels';
import type { VendorCount } from './explanationReport';
import { ProviderKeys } from './providerKeys';
import type { CountingTarget } from './target';

/**
 * Counts by the vendors themselves: the editor's language models, and the providers' endpoints where a person switched
 * them on and gave a key. Only commands ask, never what follows the typing.
 */
export class VendorCounts {
  readonly models = new EditorModels();
  readonly keys: ProviderKeys;
  private readonly services: Services;
  private readonly counter: ProviderCounter;

  constructor(services: Services) {
    this.services = services;
    this.keys = new ProviderKeys(services.secrets);
    this.counter = new ProviderCounter({ dataFolder: services.dataFolder, log: services.log });
  }

  /** Whether texts may be sent to providers at all. */
  get providersAreOn(): boolean {
    return this.services.settings.get('contextCache.tokens.providerCounts');
  }

  /** What the editor's models, and the providers of these models, say about a text in parts, side by side. */
  async compare(parts: readonly string[], models: readonly string[], signal: AbortSignal): Promise<VendorCount[]> {
    const providers = new Set(this.providersAreOn ? await this.keys.known() : []);
    const asked = models.filter((model) => {
      const provider = countProviderFor(model);
      return provider !== undefined && providers.has(provider.id);
    });
    const editorModels = await this.models.list();
    if (asked.length === 0 && editorModels.length === 0) {
      return [];
    }
    const text = parts.join('');
    const [byProviders, byEditor] = await Promise.all([
      Promise.all(asked.map(async (model) => this.askProvider(text, model, countProviderFor(model)!, signal))),
      this.models.countWith(editorModels, text, signal),
    ]);
    return [...byProviders, ...byEditor];
  }

  /**
   * The vendor's own count of texts in parts, each text by itself, and summed; undefined when nobody counts for the
   * target, or its provider is not switched on.
   * @throws SourceError when the vendor was asked and failed
   */
  async countFor(
    texts: readonly (readonly string[])[],
    target: CountingTarget,
    signal: AbortSignal | undefined,
  ): Promise<TokenCount | undefined> {
    const count = await this.vendorOf(target);
    if (count === undefined) {
      return undefined;
    }
    let tokens = 0;
    for (const parts of texts) {
      tokens += await count(parts.join(''), signal);
    }
    return { tokens, method: 'provider', encoding: target.tokenizer.encoding };
  }

  private async vendorOf({
    name,
  }: CountingTarget): Promise<((text: string, signal: AbortSignal | undefined) => Promise<number>) | undefined> {
    // Such names are those of models of the editor; asking for those is no cheap thing.
    const model = name.includes('/')
      ? (await this.models.list()).find((candidate) => editorModelName(candidate) === name)
      : undefined;
    if (model !== undefined) {
      return async (text, signal) => this.models.count(model, text, signal);
    }
    const provider = countProviderFor(name);
    const key = provider === undefined || !this.providersAreOn ? undefined : await this.keys.get(provider.id);
    if (provider === undefined || key === undefined) {
      return undefined;
    }
    return async (text, signal) =>
      (await this.counter.count(text, name, { key, address: this.addressOf(provider), signal })).tokens;
  }

  private async askProvider(
    text: string,
    model: string,
    provider: CountProvider,
    signal: AbortSignal,
  ): Promise<VendorCount> {
    const { label, note } = countProviders[provider.id];
    try {
      const key = (await this.keys.get(provider.id)) ?? '';
      const counted = await this.counter.count(text, model, { key, address: this.addressOf(provider), signal });
      return { name: counted.model, by: `${label}, ${note}`, tokens: counted.tokens };
    } catch (error) {
      throwIfCancelled(signal);
      return { name: model, by: label, failure: describeError(error) };
    }
  }

  /** A setting of the user alone: a workspace must not lead the key elsewhere. */
  private addressOf({ id }: CountProvider): string | undefined {
    const address = this.services.settings.get('contextCache.tokens.providerAddresses')[id];
    return typeof address === 'string' && address.trim() !== '' ? address.trim() : undefined;
  }
}
