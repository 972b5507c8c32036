import type { Redis } from 'ioredis';

/** A connection as Redis names it. Another server can have the same id, so both are compared. */
interface ConnectionName {
  id: string;
  address: string;
}

/**
 * Has Redis close the earlier connection of a client before it carries out anything on the next one. Commands that were
 * sent on the earlier one may still be under way, when packets were lost and are sent again, and would undo later changes.
 */
export function closeEarlierConnections(client: Redis, report: (error: unknown) => void): void {
  let current: ConnectionName | null = null;
  client.on('ready', () => {
    const earlier = current;
    current = null;
    // Commands of one connection are carried out in the order in which they are sent.
    if (earlier) client.call('CLIENT', 'KILL', 'ID', earlier.id, 'ADDR', earlier.address).catch(report);
    client
      .call('CLIENT', 'INFO')
      .then((info) => {
        current = nameIn(String(info));
      })
      .catch(report);
  });
}

function nameIn(info: string): ConnectionName | null {
  const [, id] = /(?:^| )id=(\d+)/.exec(info) ?? [];
  const [, address] = / addr=(\S+)/.exec(info) ?? [];
  return id === undefined || address === undefined ? null : { id, address };
}
