import { useRef } from 'react';
import { beginEditOfLast } from '../amend-commands.ts';
import type { Begun } from '../amendments.ts';
import type { ChatSession } from '../chat-session.ts';
import { runCommand } from '../commands.ts';
import { type Draft, emptyDraft, inserted } from './composer.ts';

export interface DraftEditor {
  edit(change: (before: Draft) => Draft): void;
  /** Sends the draft, or runs it as a command if it starts with a slash. */
  submit(): void;
  /** Inserts input that arrived at once. It may hold several lines: each carriage return in it submits one. */
  type(input: string): void;
  /** If the box is empty, begins to edit the newest own message. Returns whether it does. */
  editLast(): boolean;
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
  const sync = useEditedText(session, current);
  sync();
  const edit = (change: (before: Draft) => Draft) => {
    sync();
    current.current = change(current.current);
    redraw();
  };
  const submit = () => {
    sync();
    const text = current.current.text.trim();
    const isCommand = text.startsWith('/') && !text.startsWith('//');
    session.notices = [];
    if (text !== '' && !isCommand && !session.open) {
      session.say('No conversation is open. /open NAME or Tab opens one.');
      return;
    }
    try {
      if (text !== '' && !isCommand) session.send(text.replace(/^\/\//, '/'));
    } catch (error) {
      session.say(error instanceof Error ? error.message : String(error));
      return;
    }
    current.current = emptyDraft;
    toNewest();
    if (text === '/quit') quit();
    else if (isCommand) void runCommand(session, text);
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
  const editLast = () => {
    sync();
    return current.current.text === '' && !session.amendments.begun && beginEditOfLast(session);
  };
  return { draft: current.current, edit, submit, type, editLast };
}

/**
 * Returns a function that puts the text of a message into the box when its edit has begun, and what was in the box
 * before when that ends.
 */
function useEditedText({ amendments }: ChatSession, current: { current: Draft }): () => void {
  const edited = useRef<{ begun: Begun; before: Draft } | null>(null);
  return () => {
    const { begun } = amendments;
    if (edited.current && edited.current.begun !== begun) {
      current.current = edited.current.before;
      edited.current = null;
    }
    if (begun?.kind !== 'edit' || edited.current) return;
    edited.current = { begun, before: current.current };
    // A text that starts with a slash is sent with another one before it.
    const text = begun.target.text.replace(/^\//, '//');
    current.current = { text, cursor: text.length };
  };
}
