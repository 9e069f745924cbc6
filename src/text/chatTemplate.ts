// Chat templates as models bring them: Jinja programs that write a conversation as one string.
//
// A template is a stranger's program. @huggingface/jinja gives it no way out to JavaScript, but no limit on
// time either, so the page runs this in a worker that it can end (rpc/templates.ts). Here are the limits on
// size, and a closed list of what a template finds: the conversation, the tokens, and five functions.
import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja'
import { AppError } from '../base/errors'
import { formatDate } from './chatTemplateDate'
import type { Message } from './types'

/** Real ones have up to 10 KB. */
export const MAX_TEMPLATE_CHARACTERS = 65_536
export const MAX_RENDERED_CHARACTERS = 1_048_576
/** Templates count messages and turns with it. */
const MAX_RANGE = 65_536

/** Writes a conversation as one string. */
export interface ChatTemplate {
  /** addGenerationPrompt: ends with what the assistant's next answer comes after. */
  render(messages: readonly Message[], options: { readonly addGenerationPrompt: boolean }): string
}

/** The tokens that a template writes by name. */
export interface TemplateTokens {
  readonly bosToken: string | null
  readonly eosToken: string | null
}

export interface TemplateOptions extends TemplateTokens {
  /**
   * The day a template is told where it asks, as 2024-07-26. When absent it is that one, the day that Llama 3's
   * template takes where it is told none: a run must have the same bytes on every day.
   */
  readonly date?: string
}

const USUAL_DATE = '2024-07-26'

/**
 * Reads a template. What it writes is that of transformers' `apply_chat_template`.
 *
 * @throws AppError `template/too-large`, `template/invalid`; from `render`, `template/refused` for what the
 * template itself raises too.
 */
export function compileChatTemplate(source: string, options: TemplateOptions): ChatTemplate {
  if (source.length > MAX_TEMPLATE_CHARACTERS) {
    throw tooLarge(`a template of ${source.length} characters, over ${MAX_TEMPLATE_CHARACTERS}`)
  }
  const program = guarded(() => parse(tokenize(source, { lstrip_blocks: true, trim_blocks: true })))
  return {
    render(messages, { addGenerationPrompt }) {
      const written = guarded(() => {
        const environment = environmentFor(options)
        environment.set(
          'messages',
          messages.map(({ role, content }) => ({ role, content })),
        )
        environment.set('add_generation_prompt', addGenerationPrompt)
        return new Interpreter(environment).run(program).value
      })
      if (typeof written !== 'string') throw invalid('the template wrote no text')
      if (written.length > MAX_RENDERED_CHARACTERS) {
        throw tooLarge(`${written.length} characters written, over ${MAX_RENDERED_CHARACTERS}`)
      }
      return written
    },
  }
}

export interface ChatTemplateRequest extends TemplateOptions {
  readonly template: string
  readonly messages: readonly Message[]
  readonly addGenerationPrompt: boolean
}

/** The conversation as the template writes it. @throws AppError as `compileChatTemplate`. */
export function applyChatTemplate({
  template,
  messages,
  addGenerationPrompt,
  ...options
}: ChatTemplateRequest): string {
  return compileChatTemplate(template, options).render(messages, { addGenerationPrompt })
}

function environmentFor({ bosToken, eosToken, date = USUAL_DATE }: TemplateOptions): Environment {
  const environment = new Environment()
  for (const [name, value] of [
    ['true', true],
    ['false', false],
    ['none', null],
    ['True', true],
    ['False', false],
    ['None', null],
  ] as const) {
    environment.set(name, value)
  }
  // A token that is not there is undefined in Python too, and writes nothing.
  if (bosToken !== null) environment.set('bos_token', bosToken)
  if (eosToken !== null) environment.set('eos_token', eosToken)
  environment.set('raise_exception', raise)
  environment.set('range', range)
  environment.set('strftime_now', (format: unknown) => formatDate(String(format), date))
  // Absent lists of tools and documents, which transformers always passes.
  environment.set('tools', null)
  environment.set('documents', null)
  return environment
}

/** The message is the template's own: shown as foreign text, never as ours. */
function raise(message: unknown): never {
  const said = String(message).slice(0, 500)
  throw new AppError('template/refused', { message: `the template says: ${said}`, details: { said } })
}

function range(...bounds: readonly unknown[]): number[] {
  if (!bounds.every((bound) => Number.isSafeInteger(bound))) throw invalid('range of what are no integers')
  const [first = 0, second, step = 1] = bounds as readonly number[]
  if (step === 0) throw invalid('range in steps of zero')
  const [start, stop] = second === undefined ? [0, first] : [first, second]
  const length = Math.max(0, Math.ceil((stop - start) / step))
  if (length > MAX_RANGE) throw tooLarge(`a range of ${length}, over ${MAX_RANGE}`)
  return Array.from({ length }, (_, index) => start + index * step)
}

/** What the library throws says what is wrong with the template, as plain errors; stack overflows among them. */
function guarded<Value>(run: () => Value): Value {
  try {
    return run()
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw invalid(cause instanceof Error ? cause.message.slice(0, 500) : 'not run', cause)
  }
}

function invalid(what: string, cause?: unknown): AppError {
  return new AppError('template/invalid', { message: `chat template: ${what}`, details: { what }, cause })
}

function tooLarge(what: string): AppError {
  return new AppError('template/too-large', { message: `chat template: ${what}`, details: { what } })
}
