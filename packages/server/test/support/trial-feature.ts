import * as z from 'zod/mini';
import type { Command } from '../../src/conversations/command.ts';
import type { CommandKind } from '../../src/conversations/command-kind.ts';
import { commandKinds, kindOf } from '../../src/conversations/command-kinds.ts';
import { features, supportedLevel } from '../../src/platform/features.ts';

/** A feature that a next version may have: a new kind of command, and a new field of a known one. */
export const trialFeature = 'trial';
/** The feature level of this program without the trial feature. */
export const programLevel = supportedLevel();
export const trialLevel = programLevel + 1;

type Nudge = Omit<Extract<Command, { kind: 'send' }>, 'kind'> & { kind: 'nudge' };

/** A command of the new kind; it makes a message that shows it. */
export function nudge(send: Extract<Command, { kind: 'send' }>): Command {
  return { ...send, kind: 'nudge' } satisfies Nudge as unknown as Command;
}

/** A command of a known kind with the new field; the conversation's description shows that the field was read. */
export function withTopic(update: Extract<Command, { kind: 'update' }>, topic: string): Command {
  return { ...update, topic } as Command;
}

/** Makes this process support the feature. Returns a function that undoes it. */
export function addTrialFeature(): () => void {
  const [send, update] = [kindOf({ kind: 'send' }), kindOf({ kind: 'update' })];
  const asSend = (command: object): Command => {
    const { text } = command as Nudge;
    return { ...command, kind: 'send', text: `nudged: ${text}` } as Command;
  };
  const nudgeKind: CommandKind = {
    ...send,
    feature: trialFeature,
    decide: (command, situation) => send.decide(asSend(command), situation),
    refuseReuse: (command, made) => send.refuseReuse?.(asSend(command), made) ?? null,
  };
  const updateWithTopic: CommandKind = {
    ...update,
    fields: { ...update.fields, topic: z.optional(z.string()) },
    featureOfField: { topic: trialFeature },
    decide: (command, situation) => {
      const { topic, ...known } = command as typeof command & { topic?: string };
      return update.decide(topic === undefined ? command : ({ ...known, description: topic } as Command), situation);
    },
  };
  features[trialFeature] = trialLevel;
  commandKinds.set('nudge', nudgeKind);
  commandKinds.set('update', updateWithTopic);
  return () => {
    delete features[trialFeature];
    commandKinds.delete('nudge');
    commandKinds.set('update', update);
  };
}
