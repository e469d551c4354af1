import { UserError } from '../core/errors';

/** Why a call of an agent was refused; each door gives it its own form (an error result, an HTTP status). */
export type AgentErrorCode = 'not-found' | 'expired' | 'invalid' | 'refused' | 'quota' | 'unavailable' | 'failed';

/** A call that can't be answered, with a sentence that tells the agent what to do next. */
export class AgentError extends UserError {
  readonly code: AgentErrorCode;

  constructor(code: AgentErrorCode, message: string, nextStep = '', options?: { cause?: unknown }) {
    super(message, nextStep, options);
    this.code = code;
  }
}
