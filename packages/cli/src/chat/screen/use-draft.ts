import { useApp } from 'ink';
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

/** The text that the user writes in the open conversation. Submitting it calls `toNewest`. */
export function useDraft(
  session: ChatSession,
  toNewest: () => void,
  redraw: () => void,
): DraftEditor & { draft: Draft } {
  const { exit } = useApp();
  // A ref, not state: of several keys that arrive between two renders, each must see the change of the one before.
  const current = useRef<Draft>(emptyDraft);
  const edit = (change: (before: Draft) => Draft) => {
    current.current = change(current.current);
    redraw();
  };
  const submit = () => {
    const text = current.current.text.trim();
    current.current = emptyDraft;
    toNewest();
    session.notices = [];
    if (text === '/quit') exit();
    else if (text.startsWith('/') && !text.startsWith('//')) void runCommand(session, text);
    else if (text !== '' && session.open) session.send(text.replace(/^\/\//, '/'));
    else if (text !== '') session.say('No conversation is open. /open NAME or Tab opens one.');
  };
  const type = (input: string) => {
    const [first = '', ...more] = input.split('\r');
    edit((before) => inserted(before, first));
    session.open?.conversation.typing();
    for (const line of more) {
      submit();
      edit((before) => inserted(before, line));
    }
  };
  return { draft: current.current, edit, submit, type };
}
