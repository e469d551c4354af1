import { StatusBarAlignment, ThemeColor, window } from 'vscode';
import type { StatusBarItem, TextDocument, TextEditor } from 'vscode';
import { createDebounced } from '../debounce';
import type { CommandId } from '../../contributions';
import { severityOf } from '../../core/instructions/budgets';
import { formatExact, formatTokens, plural } from '../format';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { reportScheme } from '../reports';
import type { Services } from '../services';
import type { TokenHistory } from './history';
import type { LiveCounts } from './liveCounts';
import { budgetTooltip, documentTooltip } from './statusTooltips';
import { LatestValue } from './latestValue';
import { countFor, currentTarget, exactCount, shortCount } from './target';
import type { CountingTarget } from './target';

const tooltipQuietMs = 300;
const clickCommand: CommandId = 'contextCache.configureTokens';

/** Two items: the active document with its selection, and the always-on total against the budget. */
export function registerStatusBar(
  services: Services,
  live: LiveCounts,
  instructions: InstructionsModel | undefined,
  history: TokenHistory,
): void {
  const document = new DocumentItem(services, live);
  const budget = instructions === undefined ? undefined : new BudgetItem(services, instructions, history);
  services.own(
    services.settings.onDidChange((change) => {
      if (change.affects(['contextCache.tokens.statusBar', 'contextCache.tokens.model'])) {
        document.update();
      }
      if (change.affects(['contextCache.tokens.statusBar'])) {
        budget?.update();
      }
    }),
  );
}

/** Tokens of the active document and of its selections, on every keystroke. */
class DocumentItem {
  private readonly item: StatusBarItem;
  private readonly services: Services;
  private readonly live: LiveCounts;
  private readonly selection = new LatestValue<number>();
  /** The document whose count the tooltip explains. */
  private toldOf: TextDocument | undefined;
  private tooltip: (() => StatusBarItem['tooltip']) | undefined;
  private readonly tooltipSoon = createDebounced(() => {
    this.item.tooltip = this.tooltip?.();
  }, tooltipQuietMs);

  constructor(services: Services, live: LiveCounts) {
    this.services = services;
    this.live = live;
    services.own(this.selection);
    services.own(this.tooltipSoon);
    this.item = services.own(window.createStatusBarItem('document', StatusBarAlignment.Right, 101));
    this.item.name = 'Context Cache: Document Tokens';
    this.item.command = clickCommand;
    const update = (): void => {
      this.update();
    };
    services.own(window.onDidChangeActiveTextEditor(update));
    services.own(
      window.onDidChangeTextEditorSelection(({ textEditor }) => {
        if (textEditor === window.activeTextEditor) {
          this.update();
        }
      }),
    );
    services.own(
      live.onDidChange((document) => {
        if (document === window.activeTextEditor?.document) {
          this.update();
        }
      }),
    );
    this.update();
  }

  update(): void {
    const editor = window.activeTextEditor;
    if (editor === undefined || !isCounted(editor) || !this.services.settings.get('contextCache.tokens.statusBar')) {
      this.selection.drop();
      this.item.hide();
      return;
    }
    const target = currentTarget(this.services);
    const state = this.live.state(editor.document);
    if (state.kind !== 'counted') {
      this.selection.drop();
    }
    if (state.kind === 'counting') {
      this.show('… tokens', 'Counting the tokens of the document');
      this.tellOnly('Counting the tokens of the document…');
      return;
    }
    if (state.kind === 'not-counted') {
      this.show('– tokens', `The tokens of the document are not counted: ${state.reason}`);
      this.tellOnly(`The tokens of the document are not counted: ${state.reason}`);
      return;
    }
    this.showCounts(editor, target, state.tokens, this.selected(editor, target, state.tokens));
  }

  /** @param selected undefined for nothing, `counting` while the worker counts */
  private showCounts(
    editor: TextEditor,
    target: CountingTarget,
    tokens: number,
    selected: number | 'counting' | undefined,
  ): void {
    const count = countFor(target, tokens);
    const selection = typeof selected === 'number' ? countFor(target, selected) : undefined;
    const shown = selection === undefined ? '…' : exactCount(selection);
    const suffix = selected === undefined ? '' : ` (${shown} selected)`;
    this.show(
      `${exactCount(count)} tokens${suffix}`,
      `${exactCount(count)} tokens in the document${
        selected === undefined
          ? ''
          : selection === undefined
            ? ', counting the selection'
            : `, ${exactCount(selection)} selected`
      }`,
    );
    this.tellOf(editor.document, () => documentTooltip(editor, target, count, selection));
  }

  /** Tokens of all selections, undefined for none. What takes long follows, unless something else is selected by then. */
  private selected(editor: TextEditor, target: CountingTarget, tokens: number): number | 'counting' | undefined {
    const selections = editor.selections.filter((selection) => !selection.isEmpty);
    return this.selection.take(
      (signal) => (selections.length === 0 ? undefined : this.live.selectedTokens(editor.document, selections, signal)),
      (selected) => {
        this.showCounts(editor, target, tokens, selected);
      },
      (error) => {
        this.services.log.error('Counting the tokens of the selection', error);
      },
    );
  }

  private tellOnly(tooltip: string): void {
    this.toldOf = undefined;
    this.tooltip = () => tooltip;
    this.item.tooltip = tooltip;
  }

  /** Nobody points at the item while typing: then what it tells follows when the typing rests. */
  private tellOf(document: TextDocument, tooltip: () => StatusBarItem['tooltip']): void {
    this.tooltip = tooltip;
    if (this.toldOf === document) {
      this.tooltipSoon.request();
    } else {
      this.toldOf = document;
      this.item.tooltip = tooltip();
    }
  }

  private show(text: string, spoken: string): void {
    this.item.text = text;
    this.item.accessibilityInformation = { label: spoken, role: 'button' };
    this.item.show();
  }
}

function isCounted({ document }: TextEditor): boolean {
  return document.uri.scheme !== 'output' && document.uri.scheme !== reportScheme;
}

type BudgetLevel = 'ok' | 'warning' | 'error';

/** The always-on total against the budget, turning to a warning and to an error. */
class BudgetItem {
  private readonly item: StatusBarItem;
  private readonly services: Services;
  private readonly model: InstructionsModel;
  private readonly history: TokenHistory;

  constructor(services: Services, model: InstructionsModel, history: TokenHistory) {
    this.services = services;
    this.model = model;
    this.history = history;
    this.item = services.own(window.createStatusBarItem('budget', StatusBarAlignment.Right, 100));
    this.item.name = 'Context Cache: Always-on Budget';
    this.item.command = clickCommand;
    services.own(
      model.onDidChange(() => {
        this.update();
      }),
    );
    this.update();
  }

  update(): void {
    const { snapshot } = this.model;
    if (snapshot.fileCount === 0 || !this.services.settings.get('contextCache.tokens.statusBar')) {
      this.item.hide();
      return;
    }
    const total = snapshot.totals.always;
    const budget = this.model.budget();
    const level = severityOf(total.tokens, snapshot.budget) ?? 'ok';
    const series = `${snapshot.harness} ${snapshot.target.name}`;
    void this.history.record(series, total.tokens);
    // The icon tells it too: high contrast themes have no backgrounds here.
    this.item.text = `$(${levelIcons[level]}) ${shortCount(total)} / ${formatTokens(budget)}`;
    this.item.backgroundColor = levelBackground(level);
    this.item.tooltip = budgetTooltip(snapshot, budget, this.history.samples(series));
    this.item.accessibilityInformation = {
      label: `Always-on instructions: ${exactCount(total)} of ${formatExact(budget)} tokens${levelWords[level]}, ${plural(snapshot.rows.length, 'file')}`,
      role: 'button',
    };
    this.item.show();
  }
}

const levelIcons: Readonly<Record<BudgetLevel, string>> = { ok: 'layers', warning: 'warning', error: 'error' };

const levelWords: Readonly<Record<BudgetLevel, string>> = {
  ok: '',
  warning: ', near the budget',
  error: ', over the budget',
};

function levelBackground(level: BudgetLevel): ThemeColor | undefined {
  return level === 'ok' ? undefined : new ThemeColor(`statusBarItem.${level}Background`);
}
