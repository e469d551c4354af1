import { CodeAction, CodeActionKind, EndOfLine, Range, TextEdit, WorkspaceEdit, languages, workspace } from 'vscode';
import type { CodeActionContext, Diagnostic, TextDocument } from 'vscode';
import type { LintFinding } from '../../core/prompts/lint/finding';
import { ignoreEdit } from '../../core/prompts/lint/ignoring';
import { lintPartText } from '../../core/prompts/lint/lintPrompt';
import { lintText } from '../../core/prompts/lint/lintText';
import { manifestRepairs } from '../../core/prompts/lint/manifestRepairs';
import type { FileEdit, Repair } from '../../core/prompts/lint/repair';
import { isRuleId } from '../../core/prompts/lint/rules';
import type { RuleId } from '../../core/prompts/lint/rules';
import { repairSafely, textRepairs } from '../../core/prompts/lint/textRepairs';
import { findingSource } from '../findingDiagnostics';
import { locationOf, uriOf } from '../instructions/editorFiles';
import type { Services } from '../services';
import type { PromptsModel } from './promptsModel';
import type { PromptState } from './promptState';

const fixAll = CodeActionKind.SourceFixAll.append('contextCache');

/** What a document is to the lint, with its findings as the text stands now. */
interface Linted {
  readonly findings: readonly LintFinding[];
  /** Again, on another text of the document; undefined for a manifest, whose parts are in other files too. */
  readonly lint: ((text: string) => readonly LintFinding[]) | undefined;
  readonly repairs: (finding: LintFinding) => readonly Repair[];
  /** The line that a comment about another line belongs to. */
  readonly commentLine: (line: number) => number;
}

const sameLine = (line: number): number => line;

/** Offers repairs for what the lint found, comments that switch a rule off, and Fix All for white space. */
export function registerQuickFixes(services: Services, model: PromptsModel): void {
  services.own(
    languages.registerCodeActionsProvider(
      { pattern: '**/*' },
      {
        provideCodeActions: async (document, _range, context) => {
          const diagnostics = context.diagnostics.filter(isOurs);
          if (context.only?.intersects(fixAll) === true) {
            return fixAllActions(document, model);
          }
          if (diagnostics.length === 0) {
            return [];
          }
          return offer(document, diagnostics, await lintDocument(document, model), context);
        },
      },
      { providedCodeActionKinds: [CodeActionKind.QuickFix, fixAll] },
    ),
  );
}

async function lintDocument(document: TextDocument, model: PromptsModel): Promise<Linted> {
  const text = document.getText();
  const location = locationOf(document.uri);
  const own = model.promptAt(document.uri);
  if (own !== undefined) {
    // While the model is behind the text, its places are wrong.
    const findings = own.text === text ? own.findings.filter((finding) => isLint(finding, location)) : [];
    // Inside of a text a comment would be sent with it.
    const commentLine = (line: number): number =>
      own.manifest?.parts.find(({ range }) => range.startLine <= line && line <= range.endLine)?.range.startLine ??
      line;
    return { findings, lint: undefined, repairs: (finding) => repairsIn(own, finding, text), commentLine };
  }
  const user = model.promptsUsing(document.uri).find((prompt) => isPartOf(prompt, document));
  if (user?.manifest !== undefined) {
    const { variables } = user.manifest;
    const lint = (said: string): LintFinding[] => lintPartText({ text: said, location, variables });
    const manifest = await workspace.openTextDocument(user.uri);
    const current = manifest.getText() === user.text;
    return {
      findings: lint(text),
      lint,
      repairs: (finding) => (current ? repairsIn(user, finding, text) : textRepairs(finding, text)),
      commentLine: sameLine,
    };
  }
  const lint = (said: string): LintFinding[] => lintText({ text: said, kind: 'instruction', location });
  return { findings: lint(text), lint, repairs: (finding) => textRepairs(finding, text), commentLine: sameLine };
}

function isLint(finding: { readonly id: string; readonly path?: string }, location: string): finding is LintFinding {
  return isRuleId(finding.id) && finding.path === location;
}

/** Whether the document is the text of a part, which is a template, and not an instruction or a file of tools. */
function isPartOf(prompt: PromptState, document: TextDocument): boolean {
  const id = document.uri.toString();
  return (prompt.manifest?.parts ?? []).some(
    (part) => part.kind === 'file' && prompt.places.get(part.id)?.uri.toString() === id,
  );
}

function repairsIn(prompt: PromptState, finding: LintFinding, text: string): Repair[] {
  if (prompt.manifest === undefined || prompt.text === undefined) {
    return textRepairs(finding, text);
  }
  return manifestRepairs(finding, {
    manifest: prompt.manifest,
    manifestText: prompt.text,
    manifestLocation: locationOf(prompt.uri),
    partTexts: new Map((prompt.resolved?.parts ?? []).map((part) => [part.part.id, part.text])),
    text,
  });
}

function isOurs({ source, code }: Diagnostic): boolean {
  return source === findingSource && typeof code === 'string' && isRuleId(code);
}

async function offer(
  document: TextDocument,
  diagnostics: readonly Diagnostic[],
  { findings, repairs, commentLine }: Linted,
  { only }: CodeActionContext,
): Promise<CodeAction[]> {
  if (only !== undefined && !only.contains(CodeActionKind.QuickFix) && !CodeActionKind.QuickFix.contains(only)) {
    return [];
  }
  const actions: CodeAction[] = [];
  for (const diagnostic of diagnostics) {
    const ruleId = diagnostic.code as RuleId;
    const found = findings.filter(
      ({ id, range }) =>
        id === ruleId && range!.startLine <= diagnostic.range.end.line && range!.endLine >= diagnostic.range.start.line,
    );
    const fixes = found.flatMap((finding) => repairs(finding).map((repair) => repairAction(repair, diagnostic)));
    actions.push(
      ...fixes,
      ...(found.length === 0 && ruleId === 'CB09' ? await hiddenWhiteSpace(document, diagnostic) : []),
      ...ignoreActions(document, diagnostic, ruleId, commentLine(diagnostic.range.start.line)),
    );
  }
  return actions;
}

function repairAction({ title, edits }: Repair, diagnostic: Diagnostic): CodeAction {
  const action = new CodeAction(title, CodeActionKind.QuickFix);
  action.diagnostics = [diagnostic];
  action.isPreferred = true;
  action.edit = toWorkspaceEdit(edits);
  return action;
}

function toWorkspaceEdit(edits: readonly FileEdit[]): WorkspaceEdit {
  const edit = new WorkspaceEdit();
  for (const { path, range, newText } of edits) {
    const place = new Range(range.startLine, range.startCharacter, range.endLine, range.endCharacter);
    edit.replace(uriOf(path), place, newText);
  }
  return edit;
}

/** The editor hides a byte order mark and mixed line ends from the text of a document, so its file tells. */
async function hiddenWhiteSpace(document: TextDocument, diagnostic: Diagnostic): Promise<CodeAction[]> {
  if (document.isDirty) {
    return [];
  }
  const bytes = await workspace.fs.readFile(document.uri);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const actions: CodeAction[] = [];
  if (text.includes('\r\n') && /(?<!\r)\n/.test(text)) {
    const action = new CodeAction('Use LF everywhere', CodeActionKind.QuickFix);
    action.edit = new WorkspaceEdit();
    // Written anew as it is, since an untouched document is not saved.
    const whole = new Range(0, 0, document.lineCount, 0);
    const said = document.getText().replace(/\r\n/g, '\n');
    action.edit.set(document.uri, [TextEdit.replace(whole, said), TextEdit.setEndOfLine(EndOfLine.LF)]);
    actions.push(action);
  }
  if (text.startsWith('\uFEFF')) {
    const action = new CodeAction('Save without a byte order mark…', CodeActionKind.QuickFix);
    action.command = { command: 'workbench.action.editor.changeEncoding', title: action.title };
    actions.push(action);
  }
  for (const action of actions) {
    action.diagnostics = [diagnostic];
  }
  return actions;
}

function ignoreActions(document: TextDocument, diagnostic: Diagnostic, ruleId: RuleId, line: number): CodeAction[] {
  const path = locationOf(document.uri);
  return (['line', 'file'] as const).flatMap((reach) => {
    const edit = ignoreEdit(path, document.getText(), line, ruleId, reach);
    if (edit === undefined) {
      return [];
    }
    const action = new CodeAction(
      reach === 'line' ? `Ignore ${ruleId} here` : `Ignore ${ruleId} in this file`,
      CodeActionKind.QuickFix,
    );
    action.diagnostics = [diagnostic];
    action.edit = toWorkspaceEdit([{ ...edit, path }]);
    return [action];
  });
}

/** Only where the Problems view shows what can be repaired: a rule that is off stays off. */
async function fixAllActions(document: TextDocument, model: PromptsModel): Promise<CodeAction[]> {
  const shown = languages.getDiagnostics(document.uri).filter(isOurs);
  const { lint } = shown.length === 0 ? { lint: undefined } : await lintDocument(document, model);
  if (lint === undefined) {
    return [];
  }
  const rules = new Set(shown.map(({ code }) => code));
  const text = document.getText();
  const repaired = repairSafely(text, (said) => lint(said).filter(({ id }) => rules.has(id)));
  if (repaired === text) {
    return [];
  }
  const action = new CodeAction('Fix all white space that breaks prompt caches', fixAll);
  action.edit = new WorkspaceEdit();
  action.edit.replace(document.uri, new Range(0, 0, document.lineCount, 0), repaired);
  return [action];
}
