import { type AmendingMember, amendmentRefusal, type MessageChange, mayWrite, messageLink } from '@parley/protocol';
import {
  Copy,
  Link2,
  type LucideIcon,
  MessageSquareDot,
  Pencil,
  Pin,
  PinOff,
  Reply,
  SmilePlus,
  Trash2,
  Users,
} from 'lucide-react';
import type { KeyboardEvent } from 'react';
import type { StringKey } from '../strings/english.ts';
import { t } from '../strings/strings.ts';
import { type Anchor, anchorAt } from './anchor.ts';
import { copyText } from './copy-text.ts';
import type { MessageRow, Row } from './rows.ts';
import type { MessageOverlay } from './use-message-overlay.ts';

/** What the actions on a message may use. */
export interface ActionContext {
  conversationId: string;
  /** Shows a short text to the person, and announces it to screen readers. */
  say(text: string): void;
  /** The person, for the rules of what one may change. Null: the server does not offer changes of messages. */
  member: AmendingMember | null;
  /** The first entry that the person may mark as unread. Null: the server does not offer it. */
  markableFrom: number | null;
  /** Marks the entry with this number, and those after it, as unread. */
  markUnread(seq: number): Promise<void>;
  /** Lets the person write another text for a message. */
  edit(message: MessageRow): void;
  /** Makes the draft a reply to the message with this number. */
  reply(seq: number): void;
  /** Changes a message, or shows why that is not possible. */
  change(message: MessageRow, change: MessageChange): void;
  /** Opens the emoji picker, the list of who reacted or the confirmation of the deletion, for the message of a row. */
  open(overlay: MessageOverlay, key: string, anchor: Anchor): void;
}

/** One entry of the menu of a message. */
export interface MessageAction {
  id: string;
  label: StringKey;
  icon: LucideIcon;
  /** Whether the menu of this message has the action. */
  appliesTo(message: MessageRow, context: ActionContext): boolean;
  /**
   * Carries the action out. The menu shows why it was not possible if this rejects.
   *
   * @param anchor where the menu was opened.
   */
  run(message: MessageRow, context: ActionContext, anchor: Anchor): Promise<void>;
  /** Whether the action moves the focus itself. Without it, the focus returns to the message. */
  movesFocus?: boolean;
  /** Whether the action destroys something. */
  isDangerous?: boolean;
  /** Whether the key, pressed on the focused message, carries the action out. */
  isKey?(event: KeyboardEvent): boolean;
}

/** The menu of a message, from top to bottom. */
export const messageActions: readonly MessageAction[] = [
  {
    id: 'reply',
    label: 'reply',
    icon: Reply,
    appliesTo: ({ entry }, { member }) => Boolean(entry && !entry.deleted && member && mayWrite(member, member)),
    async run({ entry }, { reply }) {
      if (entry) reply(entry.seq);
    },
    movesFocus: true,
    isKey: ({ key, shiftKey }) => key === 'Enter' && shiftKey,
  },
  {
    id: 'react',
    label: 'addReaction',
    icon: SmilePlus,
    appliesTo: ({ entry }, { member }) => Boolean(entry && !entry.deleted && member),
    run: async ({ key }, { open }, anchor) => open('picker', key, anchor),
    movesFocus: true,
  },
  {
    id: 'list-reactions',
    label: 'whoReacted',
    icon: Users,
    appliesTo: ({ entry }) => Boolean(entry?.reactions),
    run: async ({ key }, { open }, anchor) => open('reactions', key, anchor),
    movesFocus: true,
  },
  {
    id: 'edit',
    label: 'edit',
    icon: Pencil,
    appliesTo: (message, { member }) => mayEdit(message, member),
    run: async (message, { edit }) => edit(message),
    movesFocus: true,
  },
  {
    id: 'copy-text',
    label: 'copyText',
    icon: Copy,
    appliesTo: ({ entry }) => !entry?.deleted,
    async run({ text }, { say }) {
      await copyText(text);
      say(t('textCopied'));
    },
  },
  {
    id: 'copy-link',
    label: 'copyLink',
    icon: Link2,
    // A message that is not sent yet has no number.
    appliesTo: ({ position }) => position !== null,
    async run({ position }, { conversationId, say }) {
      if (!position) return;
      await copyText(messageLink(location.origin, conversationId, position.seq));
      say(t('linkCopied'));
    },
  },
  {
    id: 'pin',
    label: 'pin',
    icon: Pin,
    appliesTo: (message, { member }) => !message.entry?.pinned && mayPin(message, true, member),
    run: async (message, { change }) => change(message, { kind: 'pin', set: true }),
  },
  {
    id: 'unpin',
    label: 'unpin',
    icon: PinOff,
    appliesTo: (message, { member }) => Boolean(message.entry?.pinned) && mayPin(message, false, member),
    run: async (message, { change }) => change(message, { kind: 'pin', set: false }),
  },
  {
    id: 'mark-unread',
    label: 'markUnread',
    icon: MessageSquareDot,
    appliesTo: ({ position }, { markableFrom }) =>
      position !== null && markableFrom !== null && position.seq >= markableFrom,
    async run({ position }, { markUnread, say }) {
      if (!position) return;
      await markUnread(position.seq);
      say(t('markedUnread'));
    },
  },
  {
    id: 'delete',
    label: 'delete',
    icon: Trash2,
    appliesTo: (message, { member }) => !message.entry?.deleted && mayChange(message, { kind: 'delete' }, member),
    run: async ({ key }, { open }, anchor) => open('deletion', key, anchor),
    movesFocus: true,
    isDangerous: true,
  },
];

/** Carries out the action of a key that was pressed on a message. Returns whether there is one. */
export function takeActionKey(event: KeyboardEvent, rows: readonly Row[], context: ActionContext): boolean {
  const { target } = event;
  if (!(target instanceof HTMLElement) || target.dataset['key'] === undefined) return false;
  const action = messageActions.find(({ isKey }) => isKey?.(event));
  const row = action && rows.find(({ key }) => key === target.dataset['key']);
  if (!action || row?.kind !== 'message') return false;
  event.preventDefault();
  if (action.appliesTo(row, context)) void action.run(row, context, anchorAt(target));
  return true;
}

/** Whether the person may give the message another text. */
export function mayEdit(message: MessageRow, member: AmendingMember | null): boolean {
  return mayChange(message, { kind: 'edit', text: '' }, member);
}

/** Whether the person may pin or unpin the message, which has a number. */
function mayPin(message: MessageRow, set: boolean, member: AmendingMember | null): boolean {
  return message.entry !== null && mayChange(message, { kind: 'pin', set }, member);
}

/**
 * Whether the person may change the message. One that was not sent yet is the person's own; a refused one is sent again
 * or discarded as it is.
 */
function mayChange({ entry, status }: MessageRow, change: MessageChange, member: AmendingMember | null): boolean {
  if (!member) return false;
  return entry ? amendmentRefusal(entry, change, member) === null : status !== 'failed';
}
