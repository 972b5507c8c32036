import { useRef } from 'react';
import type { ChatSession } from '../chat-session.ts';
import { runCommand } from '../commands.ts';
import { type Draft, emptyDraft, inserted } from './composer.ts';

export interface DraftEditor {
  edit(change: (before: Draft) => Draft): void;
  /** Sends the draft, or runs it as a command if it starts with a slash. */
  submit(): void;
  /** Inserts input that arrived at once. It may hold several lines: each carriage return in it submits one. */
  type(input: string): void;
}

/** What a draft does to the screen. */
export interface DraftEffects {
  toNewest(): void;
  redraw(): void;
  quit(): void;
}

/** The text that the user writes in the open conversation. A text that cannot be submitted stays. */
export function useDraft(
  session: ChatSession,
  { toNewest, redraw, quit }: DraftEffects,
): DraftEditor & { draft: Draft } {
  // A ref, not state: of several keys that arrive between two renders, each must see the change of the one before.
  const current = useRef<Draft>(emptyDraft);
  const edit = (change: (before: Draft) => Draft) => {
    current.current = change(current.current);
    redraw();
  };
  const submit = () => {
    const text = current.current.text.trim();
    const isCommand = text.startsWith('/') && !text.startsWith('//');
    session.notices = [];
    if (text !== '' && !isCommand && !session.open) {
      session.say('No conversation is open. /open NAME or Tab opens one.');
      return;
    }
    current.current = emptyDraft;
    toNewest();
    if (text === '/quit') quit();
    else if (isCommand) void runCommand(session, text);
    else if (text !== '') session.send(text.replace(/^\/\//, '/'));
  };
  const type = (input: string) => {
    const [first = '', ...more] = input.split('\r');
    edit((before) => inserted(before, first));
    session.open?.conversation.typing();
    for (const line of more) {
      submit();
      edit((before) => inserted(before, before.text === '' ? line : `\n${line}`));
    }
  };
  return { draft: current.current, edit, submit, type };
}
