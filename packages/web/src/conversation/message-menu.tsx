import { Menu } from '@base-ui/react/menu';
import { failureText } from '../chat/failure-text.ts';
import { useChat } from '../chat/use-chat.ts';
import { t } from '../strings/strings.ts';
import { clockTime } from '../strings/times.ts';
import type { Anchor } from './anchor.ts';
import { type ActionContext, type MessageAction, messageActions } from './message-actions.ts';
import type { MessageRow } from './rows.ts';

/** Closing by these leaves the focus where the person has put it. */
const elsewhere = new Set(['outside-press', 'focus-out']);

interface MessageMenuProps {
  message: MessageRow;
  context: ActionContext;
  anchor: Anchor;
  /** @param returnsFocus whether the focus belongs to the message again. */
  onClose(returnsFocus: boolean): void;
}

/** The menu of one message, open. */
export default function MessageMenu({ message, context, anchor, onClose }: MessageMenuProps) {
  const name = useChat(({ people }) => people.shownNameOf(message.senderId));
  const choose = (action: MessageAction) => {
    onClose(action.movesFocus !== true);
    action.run(message, context, anchor).catch((error: unknown) => context.say(failureText(error)));
  };
  return (
    <Menu.Root open onOpenChange={(isOpen, { reason }) => !isOpen && onClose(!elsewhere.has(reason))}>
      <Menu.Portal container={document.querySelector('main')}>
        <Menu.Positioner className="menu-positioner" anchor={anchor} align="start" sideOffset={4} collisionPadding={8}>
          <Menu.Popup
            className="menu"
            aria-label={t('messageActions', { name, time: clockTime(message.atMs) })}
            finalFocus={false}
            onContextMenu={(event) => event.preventDefault()}
          >
            {messageActions
              .filter((action) => action.appliesTo(message, context))
              .map((action) => (
                <Menu.Item
                  key={action.id}
                  className={`menu-item menu-item-with-icon${action.isDangerous ? ' danger' : ''}`}
                  closeOnClick={false}
                  onClick={() => choose(action)}
                >
                  <action.icon aria-hidden="true" />
                  {t(action.label)}
                </Menu.Item>
              ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
