import type { MessageEntry } from '@parley/protocol';
import { useEffect, useState } from 'react';
import { failureText } from '../chat/failure-text.ts';
import { useChat, useChatItself } from '../chat/use-chat.ts';

interface Pins {
  /** The newest first; null until the server has answered. */
  messages: readonly MessageEntry[] | null;
  /** Why they could not be read; empty if they were. */
  failure: string;
}

/** The pinned messages of a conversation in their present state. */
export function usePins(conversationId: string): Pins {
  const chat = useChatItself();
  const isLive = useChat(({ connection }) => connection.name === 'live');
  const [pins, setPins] = useState<Pins>({ messages: null, failure: '' });
  // biome-ignore lint/correctness/useExhaustiveDependencies: each new connection reads them again.
  useEffect(() => {
    let turn = 0;
    /** Changes that arrive while the list is read. */
    let early: readonly MessageEntry[] = [];
    const read = async () => {
      const mine = ++turn;
      early = [];
      try {
        const entries = await chat.request('pins', conversationId);
        // The response has the latest states. Changes that arrived meanwhile only add messages that it lacks.
        if (mine === turn) setPins({ messages: withChanged(early, entries), failure: '' });
      } catch (error) {
        if (mine === turn) setPins(({ messages }) => ({ messages, failure: failureText(error) }));
      }
    };
    const stop = chat.follow(conversationId, {
      entry: () => undefined,
      amended: ({ messages: changed, reread }) => {
        early = [...early, ...changed];
        setPins(({ messages, ...others }) => ({ ...others, messages: messages && withChanged(messages, changed) }));
        if (reread) void read();
      },
      skipped: () => void read(),
      restored: () => void read(),
    });
    void read();
    return () => {
      turn++;
      stop();
    };
  }, [chat, conversationId, isLive]);
  return pins;
}

/** The pinned messages after changes of messages. */
function withChanged(pins: readonly MessageEntry[], changed: readonly MessageEntry[]): readonly MessageEntry[] {
  const states = new Map([...pins, ...changed].map((message) => [message.seq, message]));
  return [...states.values()].filter(({ pinned }) => pinned !== undefined).sort((a, b) => b.seq - a.seq);
}
